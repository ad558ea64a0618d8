#include "layers/norms/slope_factors.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace norma {
namespace {

using Numbers = std::vector<double>;

// Slopes that are equal but for rounding.
constexpr double kSameSlope = 1e-9;

}  // namespace

Numbers slope_of(const NormPassage& passage, const std::vector<Tensor>& params) {
  const Numbers ones(static_cast<size_t>(passage.rows * passage.channels), 1.0);
  Numbers slope(ones.size());
  passage.pass(ones.data(), params, slope.data());
  return slope;
}

SlopeFactors factors_of(const NormPassage& passage) {
  SlopeFactors made{Numbers(static_cast<size_t>(passage.channels), 1.0),
                    slope_of(passage, passage.params)};
  const std::vector<NormParam>& known = passage.definition->params;
  const auto found = std::find_if(known.begin(), known.end(), [](const NormParam& param) {
    return param.affine && param.kind == ParamKind::kGain;
  });
  if (found == known.end()) return made;
  const auto j = static_cast<size_t>(found - known.begin());
  // Where γ has no effect: one that starts at 0 is stored less 1.
  const double no_effect = found->initial == 0 ? 0 : 1;
  std::vector<Tensor> neutral = passage.params;
  neutral[j] = Tensor::full(neutral[j].shape(), DType::kFloat64, no_effect);
  Numbers gamma(made.gamma.size());
  for (size_t c = 0; c < gamma.size(); ++c)
    gamma[c] = 1 + passage.params[j].data<double>()[c] - no_effect;

  Numbers gain = slope_of(passage, neutral);
  bool multiplies = true;
  passage.over_elements([&](size_t i, size_t c, size_t) {
    const double factor = gamma[c], slope = made.gain[i];
    // A threshold may stop an element with one γ and not with the other.
    if (slope != 0 && gain[i] != 0 &&
        std::abs(slope - factor * gain[i]) > kSameSlope * std::abs(slope))
      multiplies = false;
    if (factor != 0) gain[i] = slope / factor;
  });
  if (multiplies) made = {std::move(gamma), std::move(gain)};
  return made;
}

double gain_at_zero(const NormPassage& passage) {
  NormPassage middle = passage;
  const Numbers zeros(static_cast<size_t>(passage.channels), 0.0);
  middle.rows = 1;
  middle.mask = nullptr;
  middle.x = zeros.data();
  const Numbers gain = factors_of(middle).gain;
  double most = 0;
  for (const double each : gain) most = std::max(most, std::abs(each));
  return most;
}

}  // namespace norma
