#include <algorithm>
#include <cmath>

#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class RotationGauge final : public StepGauge {
  Json of(const ParamSight& seen, const Sight& sight) const override {
    if (!seen.scale_free()) return nullptr;
    // Of w + Δ: what lies along w, and what stands on it.
    const double norm = seen.weight_norm(), along = seen.step_weight / norm;
    const double across = std::sqrt(std::max(0.0, seen.step_step - along * along));
    const double rate = sight.step->lr;
    // The one optimizer here whose steps are as long as gradients are.
    const bool steps_by_size = sight.training->config().optim.type == "sgd";
    return {{"angle", std::atan2(across, norm + along)},
            {"rate_over_square", rate / seen.weight_weight},
            {"rate_over_norm", rate / norm},
            {"follows", steps_by_size ? "rate_over_square" : "rate_over_norm"}};
  }
};

const RegisterProbeGauge<RotationGauge> registered_rotation(
    "rotation", "how far a step turns each weight of whose length the loss is independent",
    "van Laarhoven 2017, arXiv:1706.05350; Wan et al. 2021, arXiv:2006.08419",
    "the angle ∠(w, w') in radians between a scale-free weight (gauge radial) before and after the "
    "step that follows; beside it what that angle is expected to follow: η/‖w‖² for SGD, whose "
    "gradient grows as ‖w‖ shrinks, and η/‖w‖ for Adam and Lion, whose steps know no size of the "
    "gradient; \"follows\" says which of both",
    "parameter");

}  // namespace
}  // namespace norma
