#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class LargestGauge final : public TensorGauge {
  Json of(const TensorSight& x) const override { return x.moments().largest; }
};

const RegisterProbeGauge<LargestGauge> registered_largest(
    "largest", "the largest magnitude", "",
    "max |x| over all numbers of a module's output (forward) or of ∂L/∂output (backward) and all "
    "batches, L the mean loss",
    "module");

}  // namespace
}  // namespace norma
