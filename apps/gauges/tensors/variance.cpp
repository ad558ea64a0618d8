#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class VarianceGauge final : public TensorGauge {
  Json of(const TensorSight& x) const override { return x.variance(); }
};

const RegisterProbeGauge<VarianceGauge> registered_variance(
    "variance", "how far they spread", "",
    "E[(x − E x)²] over all numbers of a module's output (forward) or of ∂L/∂output (backward) and "
    "all batches, L the mean loss",
    "module");

}  // namespace
}  // namespace norma
