#include <algorithm>
#include <cmath>

#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class GainGauge final : public ParamGauge {
  Json of(const ParamSight& seen, const Sight&) const override {
    if (seen.param->kind != ParamKind::kGain) return nullptr;
    const std::vector<double> gains = seen.param->value.to_vector();
    const double count = static_cast<double>(gains.size());
    double sum = 0, squares = 0;
    for (const double gain : gains) sum += gain;
    for (const double gain : gains) squares += (gain - sum / count) * (gain - sum / count);
    const auto [smallest, largest] = std::ranges::minmax(gains);
    return {{"mean", sum / count},
            {"deviation", std::sqrt(squares / count)},
            {"smallest", smallest},
            {"largest", largest}};
  }
};

const RegisterProbeGauge<GainGauge> registered_gain(
    "gain", "how the learned gains of norms are distributed", "",
    "mean, deviation (of all of them), smallest and largest of the γ of each norm, and of other "
    "gains one a channel",
    "parameter");

}  // namespace
}  // namespace norma
