#pragma once

#include <cstdint>

#include "core/kernels/attention_tile.h"
#include "core/kernels/round_up.h"
#include "core/kernels/simd.h"
#include "core/kernels/transpose.h"
#include "core/kernels/unrolled.h"

// Copies of one head's keys, values, queries in the layouts the tile products read: padded with
// zeros to whole registers, contiguous (strided rows of a wide projection collide in the cache),
// and with the rows that a mask hides replaced by zeros, so that nothing they hold can leak.
namespace norma::kernels::attention {

// Keys in one panel of a transposed matrix.
template <class T>
inline constexpr int64_t kPanel = kTileRegisters* math::Vec<T>::lanes;

// A head's rows: element (t, d) at data[t·row_stride + d]. `visible` (rows) may be null.
template <class T>
struct HeadRows {
  const T* data;
  int64_t row_stride;
  const uint8_t* visible = nullptr;

  // The row, or null where the mask hides it.
  const T* row(int64_t t) const { return visible && !visible[t] ? nullptr : data + t * row_stride; }
};

// packed[row·padded + d] = factor·source(row, d) for d < width, 0 up to `padded`.
template <class T>
void pack_rows(T* packed, int64_t padded, HeadRows<T> source, int64_t rows, int64_t width,
               T factor = 1) {
  using V = math::Vec<T>;
  for (int64_t t = 0; t < rows; ++t, packed += padded) {
    const T* row = source.row(t);
    if (!row) {
      for (int64_t d = 0; d < padded; d += V::lanes) V(0).store(packed + d);
      continue;
    }
    int64_t d = 0;
    for (; d + V::lanes <= width; d += V::lanes) (V::load(row + d) * V(factor)).store(packed + d);
    if (d < width) (V::load_first(row + d, width - d) * V(factor)).store(packed + d);
  }
}

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
      unrolled<V::lanes>([&](auto i) NORMA_INLINE {
        const T* row = t + i < rows ? source.row(t + i) : nullptr;
        block[i] = row ? V::load_at_most(row + d, width - d) : V(0);
      });
      transpose(block);
      T* column = panel + d * kPanel<T>;
      unrolled<V::lanes>([&](auto j) NORMA_INLINE {
        if (d + j < width) block[j].store(column + j * kPanel<T>);
      });
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
