#pragma once

#include <cmath>

#include "apps/layer/numerics/inputs.h"
#include "apps/layer/numerics/lab.h"

// What is measured of the methods, each held against the exact moments of the same numbers.
namespace norma::numerics {

inline constexpr int64_t kLengths[] = {64, 1024, 16384};  // of rows
inline constexpr size_t kMainLength = 1;

// The condition number of a variance: by how much it magnifies errors of the numbers.
inline double kappa(double ratio) { return std::sqrt(1 + ratio * ratio); }

// Errors of the variance, of the mean and of a norm's output over mean/σ, a view a length; their
// series are the methods, the variance's last one the rounding of the input.
std::vector<Picture> pictures_over_ratios(const Draws& draws);
// Errors of the variance over the length of rows.
Picture picture_over_lengths(const Draws& draws, const std::vector<int64_t>& lengths);
Table table_of_hard_inputs(const Draws& draws);

}  // namespace norma::numerics
