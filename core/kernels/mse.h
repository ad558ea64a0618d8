#pragma once

#include <cstdint>

namespace norma::kernels {

// Σ (x − target)², in double.
template <class T>
double squared_error(const T* x, const T* target, int64_t count);

// dx = 2·scale·(x − target); dx may be x.
template <class T>
void squared_error_backward(T* dx, const T* x, const T* target, int64_t count, double scale);

}  // namespace norma::kernels
