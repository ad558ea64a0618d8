#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class ScalarGauge final : public ParamGauge {
  Json of(const ParamSight& seen, const Sight&) const override {
    if (seen.param->kind != ParamKind::kScalar || seen.param->numel() != 1) return nullptr;
    return seen.param->value.item();
  }
};

const RegisterProbeGauge<ScalarGauge> registered_scalar(
    "scalar", "learned single numbers: the slope α of a bounded map, the gain of a branch …",
    "Zhu et al. 2025, arXiv:2503.10622",
    "the value of each parameter that is one number of its own kind (scalar)", "parameter");

}  // namespace
}  // namespace norma
