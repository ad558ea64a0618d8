#include <cmath>

#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class RmsGauge final : public TensorGauge {
  Json of(const TensorSight& x) const override { return std::sqrt(x.mean_square()); }
};

const RegisterProbeGauge<RmsGauge> registered_rms(
    "rms", "how large they are", "",
    "√E[x²] over all numbers of a module's output (forward) or of ∂L/∂output (backward) and all "
    "batches, L the mean loss",
    "module");

}  // namespace
}  // namespace norma
