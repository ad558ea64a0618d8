#include "core/kernels/gemm_blocked.h"

#include <algorithm>
#include <vector>

#include "core/kernels/simd.h"

namespace norma::kernels {
namespace {

using math::Vec;

// A tile of c held in registers: kTileRows × kTileVectors accumulators leave room for one row of b
// and one broadcast element of a among the 32 (AVX-512) or 16 vector registers.
constexpr int kTileRows = math::kVectorBytes == 64 ? 8 : 4;
constexpr int kTileVectors = 3;
template <class T>
constexpr int kTileColumns = kTileVectors* Vec<T>::lanes;

// Depth and width of the block of b that is packed at a time: it stays in the second-level cache
// while all rows of a pass over it, and one strip of a (kTileRows × kDepth) stays in the first.
constexpr int64_t kDepth = 256;
template <class T>
constexpr int64_t kWidth = 8 * kTileColumns<T>;

// Copies b[0, depth) × [0, width) into strips of kTileColumns columns, each strip depth-major; the
// last is as many whole vectors wide as it needs, filled up with zeros.
template <class T>
void pack_columns(MatrixView<T> b, int64_t depth, int64_t width, T* packed) {
  constexpr int64_t lanes = Vec<T>::lanes;
  for (int64_t j0 = 0; j0 < width; j0 += kTileColumns<T>) {
    const int64_t columns = std::min<int64_t>(kTileColumns<T>, width - j0);
    const int64_t padded = (columns + lanes - 1) / lanes * lanes;
    const T* from = b.data + j0 * b.column_step;
    if (b.column_step == 1) {
      for (int64_t p = 0; p < depth; ++p) {
        T* row = packed + p * padded;
        std::copy_n(from + p * b.row_step, columns, row);
        std::fill(row + columns, row + padded, T(0));
      }
    } else {
      // Blocks of `lanes` keep the lines being read and the lines being written in the first cache.
      for (int64_t p0 = 0; p0 < depth; p0 += lanes) {
        const int64_t p1 = std::min(p0 + lanes, depth);
        for (int64_t j = 0; j < columns; ++j) {
          for (int64_t p = p0; p < p1; ++p) {
            packed[p * padded + j] = from[p * b.row_step + j * b.column_step];
          }
        }
        for (int64_t p = p0; p < p1; ++p) {
          std::fill(packed + p * padded + columns, packed + (p + 1) * padded, T(0));
        }
      }
    }
    packed += depth * padded;
  }
}

// Copies a[0, rows) × [0, depth) depth-major, for a whose rows do not lie contiguous.
template <class T>
void pack_rows(MatrixView<T> a, int64_t rows, int64_t depth, T* packed) {
  for (int64_t p = 0; p < depth; ++p) {
    for (int64_t i = 0; i < rows; ++i)
      packed[p * rows + i] = a.data[i * a.row_step + p * a.column_step];
  }
}

template <class T>
struct Tile {
  int64_t depth;
  MatrixView<T> a;
  const T* b;  // one packed strip
  T* c;
  int64_t ldc;
  int64_t columns;
  bool add;       // onto c
  const T* bias;  // or null
};

template <class T, int Rows, int Vectors>
void multiply_tile(const Tile<T>& tile) {
  constexpr int lanes = Vec<T>::lanes;
  Vec<T> sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) sum[i][v] = Vec<T>(T(0));
  }
  const T* a = tile.a.data;
  const T* b = tile.b;
  const int64_t row_step = tile.a.row_step, column_step = tile.a.column_step;
  for (int64_t p = 0; p < tile.depth; ++p) {
    Vec<T> row[Vectors];
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) row[v] = Vec<T>::load(b + v * lanes);
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) {
      const Vec<T> x(a[i * row_step]);
#pragma GCC unroll 3
      for (int v = 0; v < Vectors; ++v) sum[i][v] += x * row[v];
    }
    a += column_step;
    b += Vectors * lanes;
  }
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) {
      T* c = tile.c + i * tile.ldc + v * lanes;
      const int64_t here = tile.columns - v * lanes;
      if (here >= lanes) {
        if (tile.bias) sum[i][v] += Vec<T>::load(tile.bias + v * lanes);
        if (tile.add) sum[i][v] += Vec<T>::load(c);
        sum[i][v].store(c);
      } else {
        if (tile.bias) sum[i][v] += Vec<T>::load_first(tile.bias + v * lanes, here);
        if (tile.add) sum[i][v] += Vec<T>::load_first(c, here);
        sum[i][v].store_first(c, here);
      }
    }
  }
}

template <class T, int Rows>
void multiply_rows(const Tile<T>& tile) {
  constexpr int lanes = Vec<T>::lanes;
  if (tile.columns > 2 * lanes) return multiply_tile<T, Rows, 3>(tile);
  if (tile.columns > lanes) return multiply_tile<T, Rows, 2>(tile);
  return multiply_tile<T, Rows, 1>(tile);
}

// A strip of at most kTileRows rows of a times the packed block of b.
template <class T>
void multiply_strip(int64_t rows, int64_t width, Tile<T> tile) {
  const T* strip = tile.b;
  const Tile<T> first = tile;
  constexpr int64_t lanes = Vec<T>::lanes;
  for (int64_t j = 0; j < width; j += kTileColumns<T>) {
    tile.columns = std::min<int64_t>(kTileColumns<T>, width - j);
    int64_t i = 0;
    const auto place = [&](int64_t row) {
      tile.a.data = first.a.data + row * first.a.row_step;
      tile.c = first.c + row * first.ldc + j;
      tile.bias = first.bias ? first.bias + j : nullptr;
    };
    tile.b = strip;
    if (rows == kTileRows) place(0), multiply_rows<T, kTileRows>(tile), i = kTileRows;
    if (kTileRows > 4 && rows - i >= 4) place(i), multiply_rows<T, 4>(tile), i += 4;
    if (rows - i >= 2) place(i), multiply_rows<T, 2>(tile), i += 2;
    if (rows - i >= 1) place(i), multiply_rows<T, 1>(tile);
    strip += tile.depth * ((tile.columns + lanes - 1) / lanes * lanes);
  }
}

// The product of depth zero.
template <class T>
void fill_with_bias(int64_t m, int64_t n, T* c, int64_t ldc, bool accumulate, const T* bias) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      T& element = c[i * ldc + j];
      element = (accumulate ? element : T(0)) + (bias ? bias[j] : T(0));
    }
  }
}

}  // namespace

template <class T>
void gemm_blocked(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T* c,
                  int64_t ldc, bool accumulate, const T* bias) {
  if (k == 0) return fill_with_bias(m, n, c, ldc, accumulate, bias);
  thread_local std::vector<T> packed_b(kDepth * kWidth<T>);
  thread_local std::vector<T> packed_a(kDepth * kTileRows);
  for (int64_t j = 0; j < n; j += kWidth<T>) {
    const int64_t width = std::min(kWidth<T>, n - j);
    for (int64_t p = 0; p < k; p += kDepth) {
      const int64_t depth = std::min(kDepth, k - p);
      pack_columns<T>({b.data + p * b.row_step + j * b.column_step, b.row_step, b.column_step},
                      depth, width, packed_b.data());
      for (int64_t i = 0; i < m; i += kTileRows) {
        const int64_t rows = std::min<int64_t>(kTileRows, m - i);
        MatrixView<T> strip{a.data + i * a.row_step + p * a.column_step, a.row_step, a.column_step};
        if (a.column_step != 1) {
          pack_rows(strip, rows, depth, packed_a.data());
          strip = {packed_a.data(), 1, rows};
        }
        multiply_strip<T>(rows, width,
                          {depth, strip, packed_b.data(), c + i * ldc + j, ldc, 0,
                           accumulate || p > 0, p == 0 && bias ? bias + j : nullptr});
      }
    }
  }
}

template void gemm_blocked(int64_t, int64_t, int64_t, MatrixView<float>, MatrixView<float>, float*,
                           int64_t, bool, const float*);
template void gemm_blocked(int64_t, int64_t, int64_t, MatrixView<double>, MatrixView<double>,
                           double*, int64_t, bool, const double*);

}  // namespace norma::kernels
