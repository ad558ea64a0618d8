#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class RadialGauge final : public ParamGauge {
  Json of(const ParamSight& seen, const Sight&) const override {
    if (seen.param->numel() < 2 || seen.weight_weight == 0 || seen.grad_grad == 0) return nullptr;
    return Json{{"share", seen.radial()}, {"scale_free", seen.scale_free()}};
  }
};

const RegisterProbeGauge<RadialGauge> registered_radial(
    "radial",
    "how much of the gradient points along the weight: nothing, where the loss does not depend on "
    "its length",
    "van Laarhoven 2017, arXiv:1706.05350",
    "|⟨w,g⟩|/(‖w‖‖g‖) of each parameter of two numbers or more; \"scale_free\" where that is at "
    "most min(1e-3, 0.05/√n), n its numbers, and it is a weight or an embedding",
    "parameter");

}  // namespace
}  // namespace norma
