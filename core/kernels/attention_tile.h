#pragma once

#include <cstdint>

#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"

// Small matrix products for attention, C (+)= A·B, on tiles that stay in cache. B and C lie in rows
// padded to whole registers; one tile of C, a few rows by a few registers, stays in registers while
// the depth of the product passes by, one broadcast element of A at a time.
namespace norma::kernels::attention {

// Rows of C held in registers: with two registers a row this leaves room for B and the broadcast
// among 32 (AVX-512) or 16 registers, and keeps both multiply units busy.
#if defined(__AVX512F__)
inline constexpr int kTileRows = 8;
#else
inline constexpr int kTileRows = 6;
#endif
inline constexpr int kTileRegisters = 2;

// Element (row, step) of A: stored by rows for A, by steps for a transposed A.
enum class Stored { kByRows, kBySteps };

template <Stored order, class T>
const T* element(const T* a, int64_t lda, int64_t row, int64_t step) {
  return order == Stored::kByRows ? a + row * lda + step : a + step * lda + row;
}

// One tile: C(rows, registers) (+)= A(rows, depth)·B(depth, registers).
template <int rows, int registers, Stored order, class T>
void tile(int64_t depth, const T* a, int64_t lda, const T* b, int64_t ldb, T* c, int64_t ldc,
          bool accumulate) {
  using V = math::Vec<T>;
  V sum[rows][registers];
  unrolled<rows>([&](auto r) NORMA_INLINE {
    unrolled<registers>([&](auto n) NORMA_INLINE { sum[r][n] = V(0); });
  });
  for (int64_t k = 0; k < depth; ++k) {
    V row_of_b[registers];
    unrolled<registers>([&](auto n)
                            NORMA_INLINE { row_of_b[n] = V::load(b + k * ldb + n * V::lanes); });
    unrolled<rows>([&](auto r) NORMA_INLINE {
      const V broadcast = *element<order>(a, lda, r, k);
      unrolled<registers>([&](auto n) NORMA_INLINE { sum[r][n] += broadcast * row_of_b[n]; });
    });
  }
  unrolled<rows>([&](auto r) NORMA_INLINE {
    unrolled<registers>([&](auto n) NORMA_INLINE {
      T* at = c + r * ldc + n * V::lanes;
      (accumulate ? V::load(at) + sum[r][n] : sum[r][n]).store(at);
    });
  });
}

// The same for a number of rows known at run time, 1 … kTileRows.
template <int registers, Stored order, int rows = kTileRows, class T>
void tile_of_rows(int64_t wanted, int64_t depth, const T* a, int64_t lda, const T* b, int64_t ldb,
                  T* c, int64_t ldc, bool accumulate) {
  if constexpr (rows > 1) {
    if (wanted < rows) {
      return tile_of_rows<registers, order, rows - 1>(wanted, depth, a, lda, b, ldb, c, ldc,
                                                      accumulate);
    }
  }
  tile<rows, registers, order>(depth, a, lda, b, ldb, c, ldc, accumulate);
}

// C (rows ≤ kTileRows, width) (+)= A·B, width a whole number of registers.
template <Stored order, class T>
void multiply(int64_t rows, int64_t width, int64_t depth, const T* a, int64_t lda, const T* b,
              int64_t ldb, T* c, int64_t ldc, bool accumulate) {
  constexpr int64_t kLanes = math::Vec<T>::lanes;
  int64_t n = 0;
  for (; n + kTileRegisters * kLanes <= width; n += kTileRegisters * kLanes) {
    tile_of_rows<kTileRegisters, order>(rows, depth, a, lda, b + n, ldb, c + n, ldc, accumulate);
  }
  for (; n < width; n += kLanes) {
    tile_of_rows<1, order>(rows, depth, a, lda, b + n, ldb, c + n, ldc, accumulate);
  }
}

}  // namespace norma::kernels::attention
