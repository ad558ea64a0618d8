#pragma once

#include "core/tensor.h"

namespace norma {

// The largest |a − b|, in units of the largest |a|; float64, of equal shape. Where a is all zeros,
// the largest |b|.
double relative_difference(const Tensor& a, const Tensor& b);

}  // namespace norma
