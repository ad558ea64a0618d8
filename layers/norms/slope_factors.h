#pragma once

#include <vector>

#include "layers/norms/norm_passage.h"

namespace norma {

// ∂map/∂x, u moving along, at every element of a passage; 0 at padding.
std::vector<double> slope_of(const NormPassage& passage, const std::vector<Tensor>& params);

// The same in two factors: γ, one a channel, and the gain of each element.
//
// γ is told by recomputing the slope with γ neutral, at its initial value: where it multiplies, the
// slopes are γ times those. Otherwise, and where the norm has none, it is 1.
struct SlopeFactors {
  std::vector<double> gamma, gain;
};
SlopeFactors factors_of(const NormPassage& passage);

// The largest gain of a pointwise map in the middle of its curve, where x is 0.
double gain_at_zero(const NormPassage& passage);

}  // namespace norma
