#pragma once

#include "core/tensor.h"

namespace norma {

// How far a tensor is from a reference, of any type, in double. Infinite where they differ in size,
// or where only one of two numbers is finite; where neither is, they count as equal.

// max|a − reference|.
double largest_difference(const Tensor& a, const Tensor& reference);
// The largest finite magnitude.
double largest_magnitude(const Tensor& tensor);
// max|a − reference| / max|reference|; 0 where they are equal.
double relative_difference(const Tensor& a, const Tensor& reference);

}  // namespace norma
