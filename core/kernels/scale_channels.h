#pragma once

#include <cstdint>

namespace norma::kernels {

// y (n,s,c) = factor · x (n,s,c) · gate (n,c).
template <class T>
void scale_channels(T* y, const T* x, const T* gate, T factor, int64_t n, int64_t s, int64_t c);

// dgate (n,c) = factor · Σ over positions of dy·x, held in double.
template <class T>
void scale_channels_dgate(T* dgate, const T* x, const T* dy, T factor, int64_t n, int64_t s,
                          int64_t c);

}  // namespace norma::kernels
