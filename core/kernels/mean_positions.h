#pragma once

#include <cstdint>

namespace norma::kernels {

// y (n,c) = mean over the positions of x (n,s,c), or over those whose mask (n,s) is set; a sample
// without any gives 0. mask may be null. Sums are held in double.
template <class T>
void mean_positions_forward(T* y, const T* x, const uint8_t* mask, int64_t n, int64_t s, int64_t c);

// Writes dx (n,s,c): dy / count at valid positions, 0 elsewhere.
template <class T>
void mean_positions_backward(T* dx, const T* dy, const uint8_t* mask, int64_t n, int64_t s,
                             int64_t c);

}  // namespace norma::kernels
