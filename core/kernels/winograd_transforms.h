#pragma once

#include "core/kernels/winograd_tiles.h"

// The four matrices of F(2×2, 3×3), each applied to the rows and then to the columns of a small
// square of registers:
//
//        ⎡1  0 −1  0⎤       ⎡1   0   0⎤
//   Bᵀ = ⎢0  1  1  0⎥   G = ⎢½   ½   ½⎥   Aᵀ = ⎡1  1  1  0⎤
//        ⎢0 −1  1  0⎥       ⎢½  −½   ½⎥        ⎣0  1 −1 −1⎦
//        ⎣0  1  0 −1⎦       ⎣0   0   1⎦
//
// y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for a square d of 4×4 pixels and a kernel g. The gradient of g is
// the adjoint: Gᵀ[(Bᵀ d B) ⊙ (A dy Aᵀ)]G.
//
// Here a square is read by at(row, column) and written by put(row, column, value), with indices
// known while compiling.
namespace norma::kernels::winograd {

// Bᵀ d B: 4×4 from 4×4.
template <class At, class Put>
NORMA_INLINE inline void input(At at, Put put) {
  const auto rows = [&](auto i, auto q) NORMA_INLINE {
    constexpr int row = i;
    if constexpr (row == 0) return at(0, q) - at(2, q);
    if constexpr (row == 1) return at(1, q) + at(2, q);
    if constexpr (row == 2) return at(2, q) - at(1, q);
    if constexpr (row == 3) return at(1, q) - at(3, q);
  };
  unrolled<4>([&](auto i) NORMA_INLINE {
    V t[4];
    unrolled<4>([&](auto q) NORMA_INLINE { t[q] = rows(i, q); });
    put(i, 0, t[0] - t[2]);
    put(i, 1, t[1] + t[2]);
    put(i, 2, t[2] - t[1]);
    put(i, 3, t[1] - t[3]);
  });
}

// Aᵀ m A: 2×2 from 4×4.
template <class At, class Put>
NORMA_INLINE inline void output(At at, Put put) {
  V upper[4], lower[4];
  unrolled<4>([&](auto q) NORMA_INLINE {
    const V m1 = at(1, q), m2 = at(2, q);
    upper[q] = at(0, q) + (m1 + m2);
    lower[q] = (m1 - m2) - at(3, q);
  });
  put(0, 0, upper[0] + (upper[1] + upper[2]));
  put(0, 1, (upper[1] - upper[2]) - upper[3]);
  put(1, 0, lower[0] + (lower[1] + lower[2]));
  put(1, 1, (lower[1] - lower[2]) - lower[3]);
}

// A dy Aᵀ: 4×4 from 2×2.
template <class At, class Put>
NORMA_INLINE inline void output_gradient(At at, Put put) {
  const V y00 = at(0, 0), y01 = at(0, 1), y10 = at(1, 0), y11 = at(1, 1);
  const V left[4] = {y00, y00 + y10, y00 - y10, -y10};
  const V right[4] = {y01, y01 + y11, y01 - y11, -y11};
  unrolled<4>([&](auto i) NORMA_INLINE {
    put(i, 0, left[i]);
    put(i, 1, left[i] + right[i]);
    put(i, 2, left[i] - right[i]);
    put(i, 3, -right[i]);
  });
}

// Gᵀ u G: 3×3 from 4×4.
template <class At, class Put>
NORMA_INLINE inline void kernel_gradient(At at, Put put) {
  const V half(0.5f);
  V t[3][4];
  unrolled<4>([&](auto q) NORMA_INLINE {
    const V u1 = at(1, q), u2 = at(2, q), sum = half * (u1 + u2);
    t[0][q] = at(0, q) + sum;
    t[1][q] = half * (u1 - u2);
    t[2][q] = sum + at(3, q);
  });
  unrolled<3>([&](auto i) NORMA_INLINE {
    const V sum = half * (t[i][1] + t[i][2]);
    put(i, 0, t[i][0] + sum);
    put(i, 1, half * (t[i][1] - t[i][2]));
    put(i, 2, sum + t[i][3]);
  });
}

// G g Gᵀ: 4×4 from 3×3; scalars, as weights are transformed once an optimizer step.
inline void kernel(const float (&g)[3][3], float (&u)[4][4]) {
  float t[4][3];
  for (int q = 0; q < 3; ++q) {
    const float sum = g[0][q] + g[2][q];
    t[0][q] = g[0][q];
    t[1][q] = 0.5f * (sum + g[1][q]);
    t[2][q] = 0.5f * (sum - g[1][q]);
    t[3][q] = g[2][q];
  }
  for (int i = 0; i < 4; ++i) {
    const float sum = t[i][0] + t[i][2];
    u[i][0] = t[i][0];
    u[i][1] = 0.5f * (sum + t[i][1]);
    u[i][2] = 0.5f * (sum - t[i][1]);
    u[i][3] = t[i][2];
  }
}

}  // namespace norma::kernels::winograd
