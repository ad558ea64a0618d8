#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class MeanGauge final : public TensorGauge {
  Json of(const TensorSight& x) const override { return x.moments().mean; }
};

const RegisterProbeGauge<MeanGauge> registered_mean(
    "mean", "where the numbers lie", "",
    "E[x] over all numbers of a module's output (forward) or of ∂L/∂output (backward) and all "
    "batches, L the mean loss",
    "module");

}  // namespace
}  // namespace norma
