#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class UpdateToWeightGauge final : public StepGauge {
  Json of(const ParamSight& seen, const Sight&) const override {
    if (seen.weight_weight == 0) return nullptr;
    return seen.step_norm() / seen.weight_norm();
  }
};

const RegisterProbeGauge<UpdateToWeightGauge> registered_update_to_weight(
    "update_to_weight", "what the optimizer's step moved, beside what it moved", "",
    "‖w' − w‖₂/‖w‖₂ of each parameter, w' after the step that follows; decay, momentum and "
    "clipping included; none where w is 0",
    "parameter");

}  // namespace
}  // namespace norma
