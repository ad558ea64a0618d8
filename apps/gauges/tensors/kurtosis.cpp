#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class KurtosisGauge final : public TensorGauge {
  Json of(const TensorSight& x) const override {
    const kernels::Moments& m = x.moments();
    if (m.m2 == 0) return nullptr;
    return m.count * m.m4 / (m.m2 * m.m2) - 3;
  }
};

const RegisterProbeGauge<KurtosisGauge> registered_kurtosis(
    "kurtosis", "how heavy the tails are: 0 for normal numbers, large where few outliers are", "",
    "E[(x − E x)⁴]/Var² − 3 over all numbers of a module's output (forward) or of ∂L/∂output "
    "(backward) and all batches, L the mean loss; null where all numbers are equal",
    "module");

}  // namespace
}  // namespace norma
