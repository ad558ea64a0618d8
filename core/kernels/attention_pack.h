#pragma once

#include <cstdint>
#include <utility>

#include "core/kernels/attention_tile.h"
#include "core/kernels/simd.h"

// Copies of one head's keys, values, queries in the layouts the tile products read: padded with
// zeros to whole registers, contiguous (strided rows of a wide projection collide in the cache),
// and with the rows that a mask hides replaced by zeros, so that nothing they hold can leak.
namespace norma::kernels::attention {

inline int64_t round_up(int64_t n, int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// Keys in one panel of a transposed matrix.
template <class T>
inline constexpr int64_t kPanel = kTileRegisters* math::Vec<T>::lanes;

// A head's rows: element (t, d) at data[t·row_stride + d]. `visible` (rows) may be null.
template <class T>
struct HeadRows {
  const T* data;
  int64_t row_stride;
  const uint8_t* visible = nullptr;

  math::Vec<T> load(int64_t row, int64_t column, int64_t width) const {
    if (visible && !visible[row]) return 0;
    return math::Vec<T>::load_at_most(data + row * row_stride + column, width - column);
  }
};

// packed[row·padded + d] = factor·source(row, d) for d < width, 0 up to `padded`.
template <class T>
void pack_rows(T* packed, int64_t padded, HeadRows<T> source, int64_t rows, int64_t width,
               T factor = 1) {
  using V = math::Vec<T>;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t d = 0; d < padded; d += V::lanes) {
      (source.load(r, d, width) * V(factor)).store(packed + r * padded + d);
    }
  }
}

namespace detail {

// One step of a transposition of lanes×lanes: exchanges blocks of `size` between rows a and b. Lane
// l of the new a comes from a where bit `size` of l is clear, else from lane l - size of b.
template <int size, class V, int... lane>
void exchange_blocks(V& a, V& b, std::integer_sequence<int, lane...>) {
  constexpr int kLanes = V::lanes;
  const V low =
      __builtin_shufflevector(a.native, b.native, ((lane & size) ? kLanes + lane - size : lane)...);
  const V high =
      __builtin_shufflevector(a.native, b.native, ((lane & size) ? kLanes + lane : lane + size)...);
  a = low;
  b = high;
}

template <int size, class V>
void transpose_blocks(V* rows) {
  if constexpr (size < V::lanes) {
    for (int r = 0; r < V::lanes; ++r) {
      if ((r & size) == 0) {
        exchange_blocks<size>(rows[r], rows[r + size], std::make_integer_sequence<int, V::lanes>{});
      }
    }
    transpose_blocks<2 * size>(rows);
  }
}

}  // namespace detail

// Transposes a source of (rows, width) into panels of kPanel rows: element (t, d) lands at
// panels[(t / kPanel)·width·kPanel + d·kPanel + t % kPanel]; rows that fill up the last panel are
// 0.
template <class T>
void pack_panels(T* panels, HeadRows<T> source, int64_t rows, int64_t width) {
  using V = math::Vec<T>;
  const int64_t filled_up = round_up(rows, kPanel<T>);
  for (int64_t t = 0; t < filled_up; t += V::lanes) {
    T* panel = panels + t / kPanel<T> * kPanel<T> * width + t % kPanel<T>;
    for (int64_t d = 0; d < width; d += V::lanes) {
      V block[V::lanes];
      for (int64_t i = 0; i < V::lanes; ++i) {
        block[i] = t + i < rows ? source.load(t + i, d, width) : V(0);
      }
      detail::transpose_blocks<1>(block);
      const int64_t columns = width - d < V::lanes ? width - d : V::lanes;
      for (int64_t j = 0; j < columns; ++j) block[j].store(panel + (d + j) * kPanel<T>);
    }
  }
}

// C (rows ≤ kTileRows, columns) = A·Bᵀ with B in panels; C may be written up to a whole register.
template <class T>
void multiply_panels(int64_t rows, int64_t columns, int64_t depth, const T* a, int64_t lda,
                     const T* panels, T* c, int64_t ldc) {
  const int64_t padded = round_up(columns, math::Vec<T>::lanes);
  for (int64_t n = 0; n < padded; n += kPanel<T>) {
    const int64_t width = padded - n < kPanel<T> ? padded - n : kPanel<T>;
    multiply<Stored::kByRows>(rows, width, depth, a, lda, panels + n * depth, kPanel<T>, c + n, ldc,
                              false);
  }
}

}  // namespace norma::kernels::attention
