#include <cmath>

#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class NormGauge final : public TensorGauge {
  Json of(const TensorSight& x) const override {
    return std::sqrt(x.mean_square() * x.moments().count);
  }
};

const RegisterProbeGauge<NormGauge> registered_norm(
    "norm", "the length of the tensor; backward, the norm of the gradient by an activation", "",
    "‖x‖₂ = √Σ x² over all numbers of a module's output (forward) or of ∂L/∂output (backward) and "
    "all batches, L the mean loss",
    "module");

}  // namespace
}  // namespace norma
