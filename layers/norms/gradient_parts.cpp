#include "layers/norms/gradient_parts.h"

#include <algorithm>
#include <cmath>

namespace norma {
namespace {

LogHistogram histogram_of(const std::vector<double>& magnitudes) {
  LogHistogram made;
  std::vector<int> quarters;
  for (const double value : magnitudes) {
    if (!std::isfinite(value))
      ++made.not_finite;
    else if (value == 0)
      ++made.zeros;
    else
      quarters.push_back(static_cast<int>(std::floor(4 * std::log10(value))));
  }
  if (quarters.empty()) return made;
  const auto [least, most] = std::minmax_element(quarters.begin(), quarters.end());
  made.first_quarter = *least;
  made.counts.assign(static_cast<size_t>(*most - *least + 1), 0);
  for (const int quarter : quarters) ++made.counts[static_cast<size_t>(quarter - *least)];
  return made;
}

// What is not there in dx any more. More than a leak is left where a statistic follows the size of
// its cell by half, say, or where ε is as large as the variance.
std::string taken_out(const GradientParts& parts) {
  constexpr double kLeak = 0.1;
  const bool along_u = parts.u.predicted != 1;  // the statistic may have no say, by a floor
  if (!parts.centred && !along_u) return "nothing is taken out here";
  if (along_u && parts.u.predicted > kLeak)
    return std::string(parts.centred ? "what lies along 1 is taken out; " : "") +
           "of what lies along x̂, " + std::to_string(std::lround(100 * parts.u.predicted)) +
           " % is left";
  const std::string directions = parts.centred && along_u ? "1 and x̂" : along_u ? "x̂" : "1";
  return "what lies along " + directions + " is taken out" +
         (along_u ? ", but for the ε-leak" : "");
}

}  // namespace

Spread spread_of(const std::vector<double>& values) {
  std::vector<double> magnitudes(values.size());
  std::transform(values.begin(), values.end(), magnitudes.begin(),
                 [](double value) { return std::abs(value); });
  Spread spread;
  spread.histogram = histogram_of(magnitudes);
  std::erase_if(magnitudes, [](double value) { return !std::isfinite(value); });
  if (magnitudes.empty()) return spread;
  const auto middle = magnitudes.begin() + std::ssize(magnitudes) / 2;
  std::nth_element(magnitudes.begin(), middle, magnitudes.end());
  spread.median = *middle;
  const auto [least, most] = std::minmax_element(magnitudes.begin(), magnitudes.end());
  spread.least = *least;
  spread.most = *most;
  return spread;
}

std::string projection_text(const GradientParts& parts) {
  switch (parts.projection) {
    case Projection::kOrthogonal:
      return "orthogonal: " + taken_out(parts);
    case Projection::kOblique:
      return "oblique, along what enters the statistic: " + taken_out(parts);
    case Projection::kOther:
      return "does not apply, because the map is more than a scaling of x̂";
    case Projection::kMixed:
      return "does not apply, because the statistics of several domains are mixed";
    case Projection::kSteered:
      return "does not apply, because the statistics stream, and running errors steer the terms";
    case Projection::kAcross:
      return "does not apply here, because the domain is the batches of all processes together";
    case Projection::kWindows:
      return "does not apply, because every channel has a window of its own";
    case Projection::kGiven:
      return "does not apply, because the statistics are given and take no gradient";
    case Projection::kPointwise:
      return "does not apply, because there is no statistic: the slope is all";
  }
  return "";
}

std::span<const PartGauge> part_gauges() {
  using Parts = const GradientParts&;
  static constexpr PartGauge kAll[] = {
      {"incoming", "‖dy‖, before an activation in the same pass",
       [](Parts parts) { return parts.incoming; }, true},
      {"through_gamma", "‖dy·γ‖", [](Parts parts) { return parts.through_gamma; }, true},
      {"direct", "‖dy·∂map/∂x‖, u moving along: through γ and the gain",
       [](Parts parts) { return parts.direct; }, true},
      {"along_one", "‖a/n·1‖: what the mean's way back adds, along 1",
       [](Parts parts) { return parts.along_one; }, true},
      {"along_u", "‖2b·u‖: what the second moment's way back adds, along x̂",
       [](Parts parts) { return parts.along_u; }, true},
      {"outgoing", "‖dx‖, of the sum of the three", [](Parts parts) { return parts.outgoing; },
       true},
      {"gain_least", "least |∂map/∂x|/|γ| of a cell", [](Parts parts) { return parts.gain.least; }},
      {"gain_median", "median |∂map/∂x|/|γ| over cells",
       [](Parts parts) { return parts.gain.median; }},
      {"gain_most", "largest |∂map/∂x|/|γ| of a cell", [](Parts parts) { return parts.gain.most; }},
      {"stopped", "share of elements with slope 0", [](Parts parts) { return parts.stopped; }},
      {"saturated", "share of elements with a slope below a tenth of the largest",
       [](Parts parts) { return parts.saturated; }},
      {"share_one", "mean over cells of (1ᵀd)²/(n‖d‖²), d = direct",
       [](Parts parts) { return parts.one.share; }},
      {"share_u", "mean over cells of (x̂ᵀd)²/(‖x̂‖²‖d‖²), d = direct",
       [](Parts parts) { return parts.u.share; }},
      {"baseline", "mean over cells of 1/n: the share of a random direction",
       [](Parts parts) { return parts.u.baseline; }},
      {"left_one", "√(Σ (1ᵀdx)²/n / Σ (1ᵀd)²/n) over cells",
       [](Parts parts) { return parts.one.left; }},
      {"left_u", "√(Σ (x̂ᵀdx)²/‖x̂‖² / Σ (x̂ᵀd)²/‖x̂‖²) over cells: the ε-leak",
       [](Parts parts) { return parts.u.left; }},
      {"predicted_left_u", "the same by 1 + 2m₂·s′(m₂)/s: ε/(σ² + ε) as a rule",
       [](Parts parts) { return parts.u.predicted; }},
      {"rounding", "‖dx handed on − sum of the terms‖/‖sum‖",
       [](Parts parts) { return parts.rounding; }},
      {"length_gradient", "‖dL/dg‖ of a weight's learned gain g",
       [](Parts parts) { return parts.length_gradient; }, true},
  };
  return kAll;
}

NormObserver* norm_observer(const Grads& grads) {
  return dynamic_cast<NormObserver*>(grads.observer());
}

}  // namespace norma
