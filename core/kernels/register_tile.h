#pragma once

#include <cstdint>

#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"

// The inner loop of matrix products: a tile of the result whose sums stay in registers.
namespace norma::kernels {

// c = a·b [+ c] [+ bias per column]. Element (i, k) of a is a[i * a_row + k * a_column]; rows of b
// may be read to the end of the last register, c and the bias have `columns` of them.
template <class T>
struct RegisterTile {
  int64_t depth;
  const T* a;
  int64_t a_row, a_column;
  const T* b;
  int64_t b_row;
  T* c;
  int64_t c_row;
  int64_t columns;
  bool accumulate;
  const T* bias;  // or null
};

// Registers in a row of a full tile, and its rows: as many accumulators as leave room for a row of
// b and an element of a among the 32 (AVX-512) or 16 registers, and enough that none waits for its
// last sum.
inline constexpr int kTileVectors = 2;
inline constexpr int kTileRows = math::kVectorBytes == 64 ? 12 : 6;

template <int rows, int vectors, class T>
void multiply_tile(const RegisterTile<T>& tile) {
  using V = math::Vec<T>;
  V sum[rows][vectors];
  unrolled<rows>([&](auto i) NORMA_INLINE {
    unrolled<vectors>([&](auto v) NORMA_INLINE { sum[i][v] = V(0); });
  });
  const T *a = tile.a, *b = tile.b;
  const int64_t a_row = tile.a_row, a_column = tile.a_column, b_row = tile.b_row;
  for (int64_t k = 0; k < tile.depth; ++k) {
    V row[vectors];
    unrolled<vectors>([&](auto v) NORMA_INLINE {
      row[v] = V::load(b + v * V::lanes);
      math::keep_in_register(row[v]);
    });
    unrolled<rows>([&](auto i) NORMA_INLINE {
      const V x(a[i * a_row]);
      unrolled<vectors>([&](auto v) NORMA_INLINE { sum[i][v] += x * row[v]; });
    });
    a += a_column;
    b += b_row;
  }
  // Whole registers apart from the edge of c: a check for each would cost more than the sums here.
  const int64_t columns = tile.columns;
  T* const c = tile.c;
  const int64_t c_row = tile.c_row;
  const auto finish = [&](auto load, auto store) NORMA_INLINE {
    if (tile.bias) {
      unrolled<vectors>([&](auto v) NORMA_INLINE {
        const V shift = load(tile.bias, v);
        unrolled<rows>([&](auto i) NORMA_INLINE { sum[i][v] += shift; });
      });
    }
    if (tile.accumulate) {
      unrolled<rows>([&](auto i) NORMA_INLINE {
        unrolled<vectors>([&](auto v) NORMA_INLINE { sum[i][v] += load(c + i * c_row, v); });
      });
    }
    unrolled<rows>([&](auto i) NORMA_INLINE {
      unrolled<vectors>([&](auto v) NORMA_INLINE { store(sum[i][v], c + i * c_row, v); });
    });
  };
  if (columns >= vectors * V::lanes) {
    finish([](const T* p, auto v) NORMA_INLINE { return V::load(p + v * V::lanes); },
           [](V value, T* p, auto v) NORMA_INLINE { value.store(p + v * V::lanes); });
  } else {
    finish([=](const T* p, auto v)
               NORMA_INLINE { return V::load_at_most(p + v * V::lanes, columns - v * V::lanes); },
           [=](V value, T* p, auto v)
               NORMA_INLINE { value.store_at_most(p + v * V::lanes, columns - v * V::lanes); });
  }
}

// Calls visit.operator()<rows>(i) for tiles that cover rows 0 … m-1, from row i on.
template <class Visit>
inline void cover_rows(int64_t m, Visit visit) {
  int64_t i = 0;
  for (; m - i >= kTileRows; i += kTileRows) visit.template operator()<kTileRows>(i);
  unrolled<kTileRows - 1>([&](auto less) {
    constexpr int rows = less + 1;
    if (m - i == rows) visit.template operator()<rows>(i);
  });
}

}  // namespace norma::kernels
