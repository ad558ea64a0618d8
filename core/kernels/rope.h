#pragma once

#include <cstdint>

#include "core/kernels/attention.h"

namespace norma::kernels {

// Rotary position embedding (Su et al. 2021), half-split as in GPT-NeoX and Llama: the pair
// (d, d + head_width/2) of a head at position t is turned by the angle t·base^(-2d/head_width).
// head_width is even.

// Fills the cosines and sines, each (positions, head_width/2), computed in double.
template <class T>
void rope_table(T* cosines, T* sines, int64_t positions, int64_t head_width, double base = 10000);

// Turns x (batch, rows, heads, head_width) in place; row t stands at position first_position + t,
// which the table must cover. `inverse` turns back, which is also the backward of the rotation.
template <class T>
void rope_rotate(AttentionView<T> x, int64_t batch, int64_t rows, int64_t heads, int64_t head_width,
                 const T* cosines, const T* sines, int64_t first_position, bool inverse);

}  // namespace norma::kernels
