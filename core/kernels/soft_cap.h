#pragma once

#include <cstdint>

namespace norma::kernels {

// y = c·tanh(x/c); y may be x.
template <class T>
void soft_cap(T* y, const T* x, T c, int64_t count);

// dx = dy·(1 − (y/c)²); dx may be dy.
template <class T>
void soft_cap_backward(T* dx, const T* dy, const T* y, T c, int64_t count);

}  // namespace norma::kernels
