#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class GradToWeightGauge final : public ParamGauge {
  Json of(const ParamSight& seen, const Sight&) const override {
    if (seen.weight_weight == 0) return nullptr;
    return seen.grad_norm() / seen.weight_norm();
  }
};

const RegisterProbeGauge<GradToWeightGauge> registered_grad_to_weight(
    "grad_to_weight", "the gradient beside what it is to change", "",
    "‖g‖₂/‖w‖₂ of each parameter, g of the mean loss; none where w is 0", "parameter");

}  // namespace
}  // namespace norma
