#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class GradNormGauge final : public ParamGauge {
  Json of(const ParamSight& seen, const Sight&) const override { return seen.grad_norm(); }
};

const RegisterProbeGauge<GradNormGauge> registered_grad_norm(
    "grad_norm", "how long the gradient by each parameter is, before clipping", "",
    "‖g‖₂, g = ∂L/∂w, L the mean loss over the targets of all batches probed, terms that layers "
    "add included",
    "parameter");

}  // namespace
}  // namespace norma
