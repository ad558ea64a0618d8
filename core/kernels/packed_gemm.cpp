#include "core/kernels/packed_gemm.h"

#include <algorithm>

#include "core/kernels/register_tile.h"
#include "core/kernels/round_up.h"
#include "core/kernels/transpose.h"
#include "core/pool.h"

namespace norma::kernels {
namespace {

// What is worked on at a time: a block of b of kDepth × kWidth, packed, and kHeight rows of a. A
// strip of b, as wide as a register tile, stays in the first-level cache while the rows pass over
// it, the rows stay in the second.
constexpr int64_t kDepth = 256;
constexpr int64_t kStripsOfBlock = 32;
constexpr int64_t kHeight = 20 * kTileRows;

template <class T>
constexpr int64_t kLanes = math::Vec<T>::lanes;
template <class T>
constexpr int64_t kTileColumns = kTileVectors* kLanes<T>;
template <class T>
constexpr int64_t kWidth = kStripsOfBlock* kTileColumns<T>;

// One strip of b, its `columns` columns from b.data on, depth-major and filled up with zeros.
template <class T>
void pack_strip(const MatrixView<T>& b, int64_t depth, int64_t columns, T* packed) {
  using V = math::Vec<T>;
  constexpr int64_t strip = kTileColumns<T>;
  int64_t p = 0;
  if (columns == strip && b.column_step == 1) {
    for (; p < depth; ++p)
      for (int64_t j = 0; j < strip; j += V::lanes)
        V::load(b.data + p * b.row_step + j).store(packed + p * strip + j);
  }
  if (columns == strip && b.row_step == 1) {
    for (; p + V::lanes <= depth; p += V::lanes) {
      for (int64_t j = 0; j < strip; j += V::lanes) {
        V square[V::lanes];
        unrolled<V::lanes>([&](auto i) NORMA_INLINE {
          square[i] = V::load(b.data + p + (j + i) * b.column_step);
        });
        transpose(square);
        unrolled<V::lanes>([&](auto i)
                               NORMA_INLINE { square[i].store(packed + (p + i) * strip + j); });
      }
    }
  }
  for (; p < depth; ++p) {
    for (int64_t j = 0; j < columns; ++j)
      packed[p * strip + j] = b.data[p * b.row_step + j * b.column_step];
    std::fill(packed + p * strip + columns, packed + (p + 1) * strip, T(0));
  }
}

// Copies b[0, depth) × [0, width) into strips of kTileColumns columns.
template <class T>
void pack_strips(const MatrixView<T>& b, int64_t depth, int64_t width, T* packed) {
  for (int64_t j = 0; j < width; j += kTileColumns<T>, packed += depth * kTileColumns<T>)
    pack_strip(b.from(0, j), depth, std::min(kTileColumns<T>, width - j), packed);
}

// Elements that pack_panels may write behind the last panel.
template <class T>
constexpr int64_t kBehindPanels = kLanes<T>;

// Copies a[0, rows) × [0, depth) into panels of kTileRows rows, each panel depth-major: what a tile
// reads of a transposed a then lies contiguous instead of one line of memory a step.
template <class T>
void pack_panels(const MatrixView<T>& a, int64_t rows, int64_t depth, T* packed) {
  using V = math::Vec<T>;
  constexpr int64_t whole = (kTileRows + V::lanes - 1) / V::lanes * V::lanes;
  for (int64_t i0 = 0; i0 < rows; i0 += kTileRows, packed += depth * kTileRows) {
    const T* const from = a.data + i0 * a.row_step;
    if (a.row_step == 1 && rows - i0 >= whole) {
      // Whole registers: what is too much is overwritten by what follows.
      for (int64_t p = 0; p < depth; ++p)
        for (int64_t i = 0; i < whole; i += V::lanes)
          V::load(from + p * a.column_step + i).store(packed + p * kTileRows + i);
      continue;
    }
    const int64_t here = std::min<int64_t>(kTileRows, rows - i0);
    for (int64_t p = 0; p < depth; ++p)
      for (int64_t i = 0; i < here; ++i)
        packed[p * kTileRows + i] = from[i * a.row_step + p * a.column_step];
  }
}

// A block of b, `width` columns, times `rows` rows of a, which lie `panel_step` apart tile by tile.
template <class T>
void multiply_block(int64_t rows, int64_t width, int64_t panel_step, const RegisterTile<T>& block) {
  for (int64_t j = 0; j < width; j += kTileColumns<T>) {
    RegisterTile<T> tile = block;
    tile.b += j * tile.depth;
    tile.columns = std::min(kTileColumns<T>, width - j);
    if (tile.bias) tile.bias += j;
    cover_rows(rows, [&]<int height>(int64_t i) {
      tile.a = block.a + i / kTileRows * panel_step;
      tile.c = block.c + i * block.c_row + j;
      if (tile.columns > kLanes<T>) return multiply_tile<height, kTileVectors>(tile);
      multiply_tile<height, 1>(tile);
    });
  }
}

}  // namespace

template <class T>
void packed_gemm(int64_t m, int64_t n, int64_t k, const MatrixView<T>& a, const MatrixView<T>& b,
                 T* c, int64_t ldc, bool accumulate, const T* bias) {
  const bool packs_a = a.column_step != 1;
  const int64_t deepest = std::min(kDepth, k);
  const int64_t widest = round_up(std::min(kWidth<T>, n), kTileColumns<T>);
  const int64_t highest = round_up(std::min<int64_t>(kHeight, m), kTileRows);
  const int64_t panel = packs_a ? deepest * highest + kBehindPanels<T> : 0;
  const Storage memory(static_cast<size_t>(deepest * widest + panel) * sizeof(T));
  T* const strips = reinterpret_cast<T*>(memory.data());
  T* const panels = strips + deepest * widest;
  for (int64_t j = 0; j < n; j += kWidth<T>) {
    const int64_t width = std::min(kWidth<T>, n - j);
    for (int64_t p = 0; p < k; p += kDepth) {
      const int64_t depth = std::min(kDepth, k - p);
      pack_strips(b.from(p, j), depth, width, strips);
      for (int64_t i = 0; i < m; i += kHeight) {
        const int64_t rows = std::min(kHeight, m - i);
        MatrixView<T> block = a.from(i, p);
        int64_t panel_step = kTileRows * block.row_step;
        if (packs_a) {
          pack_panels(block, rows, depth, panels);
          block = {panels, 1, kTileRows};
          panel_step = kTileRows * depth;
        }
        multiply_block<T>(rows, width, panel_step,
                          {.depth = depth,
                           .a = block.data,
                           .a_row = block.row_step,
                           .a_column = block.column_step,
                           .b = strips,
                           .b_row = kTileColumns<T>,
                           .c = c + i * ldc + j,
                           .c_row = ldc,
                           .columns = 0,
                           .accumulate = accumulate || p > 0,
                           .bias = p == 0 && bias ? bias + j : nullptr});
      }
    }
  }
}

template void packed_gemm(int64_t, int64_t, int64_t, const MatrixView<float>&,
                          const MatrixView<float>&, float*, int64_t, bool, const float*);
template void packed_gemm(int64_t, int64_t, int64_t, const MatrixView<double>&,
                          const MatrixView<double>&, double*, int64_t, bool, const double*);

}  // namespace norma::kernels
