#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class WeightNormGauge final : public ParamGauge {
  Json of(const ParamSight& seen, const Sight&) const override { return seen.weight_norm(); }
};

const RegisterProbeGauge<WeightNormGauge> registered_weight_norm("param_norm",
                                                                 "how long each parameter is", "",
                                                                 "‖w‖₂ over all its numbers",
                                                                 "parameter");

}  // namespace
}  // namespace norma
