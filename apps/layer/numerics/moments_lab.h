#pragma once

#include "apps/layer/numerics/lab.h"

namespace norma::numerics {

// How the mean, the variance and the output of a norm lose digits on hard inputs, by the way in
// which their sums are made; each against the exact moments of the same float32 numbers.
Lab moments_lab();

}  // namespace norma::numerics
