#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class AgcClipped final : public ParamGauge {
  Json of(const ParamSight& seen, const Sight& sight) const override {
    const Clip* const clip = sight.training->clip();
    const auto share =
        clip ? clip->clipped_share(*seen.param, sight.grad_scale()) : std::optional<double>();
    return share ? Json(*share) : Json();
  }
};

const RegisterProbeGauge<AgcClipped> registered_agc_clipped(
    "agc_clipped", "how much of each parameter's gradient adaptive clipping scales down",
    "Brock et al. 2021, arXiv:2102.06171",
    "the share of units (rows of a weight; a vector is one) with ‖g_unit‖ > λ·max(‖w_unit‖, ε), g "
    "of the mean loss over all batches probed; none without \"clip\": \"agc\"",
    "parameter");

}  // namespace
}  // namespace norma
