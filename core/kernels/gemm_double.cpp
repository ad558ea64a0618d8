#include "core/kernels/gemm_double.h"

#include <algorithm>
#include <vector>

#include "core/kernels/simd.h"

namespace norma::kernels {
namespace {

using Vector = math::Vec<double>;
constexpr int kLanes = Vector::lanes;

// A tile of c held in registers: kTileRows × kTileVectors accumulators leave room for one row of b
// and one broadcast element of a among the 32 (AVX-512) or 16 vector registers.
constexpr int kTileRows = math::kVectorBytes == 64 ? 8 : 4;
constexpr int kTileVectors = 3;
constexpr int64_t kTileColumns = kTileVectors * kLanes;

// What is worked on at a time: a block of b of kDepth × kWidth, packed, and kHeight rows of a. A
// strip of b (kDepth × kTileColumns) stays in the first-level cache while the rows pass over it,
// the rows stay in the second.
constexpr int64_t kDepth = 256;
constexpr int64_t kWidth = 8 * kTileColumns;
constexpr int64_t kHeight = 256;

int64_t whole_vectors(int64_t columns) { return (columns + kLanes - 1) / kLanes * kLanes; }

// Copies b[0, depth) × [0, width) into strips of kTileColumns columns, each strip depth-major; the
// last is as many whole vectors wide as it needs, filled up with zeros.
void pack_strips(const DoubleMatrix& b, int64_t depth, int64_t width, double* packed) {
  for (int64_t j0 = 0; j0 < width; j0 += kTileColumns) {
    const int64_t columns = std::min(kTileColumns, width - j0), padded = whole_vectors(columns);
    const double* from = b.data + j0 * b.column_step;
    for (int64_t p0 = 0; p0 < depth; p0 += kLanes) {
      const int64_t p1 = std::min<int64_t>(p0 + kLanes, depth);
      if (b.column_step == 1) {
        for (int64_t p = p0; p < p1; ++p) {
          std::copy_n(from + p * b.row_step, columns, packed + p * padded);
        }
      } else {  // a few rows at a time keep the lines read and the lines written in the cache
        for (int64_t j = 0; j < columns; ++j) {
          for (int64_t p = p0; p < p1; ++p) {
            packed[p * padded + j] = from[p * b.row_step + j * b.column_step];
          }
        }
      }
      for (int64_t p = p0; p < p1; ++p) {
        std::fill(packed + p * padded + columns, packed + (p + 1) * padded, 0.0);
      }
    }
    packed += depth * padded;
  }
}

// Copies a[0, rows) × [0, depth) into panels of kTileRows rows, each panel depth-major: what a tile
// reads of a transposed a then lies contiguous instead of one line of memory a step.
void pack_panels(const DoubleMatrix& a, int64_t rows, int64_t depth, double* packed) {
  for (int64_t p = 0; p < depth; ++p) {
    for (int64_t i0 = 0; i0 < rows; i0 += kTileRows) {
      const double* from = a.data + i0 * a.row_step + p * a.column_step;
      double* to = packed + i0 * depth + p * kTileRows;
      const int64_t here = std::min<int64_t>(kTileRows, rows - i0);
      for (int64_t i = 0; i < here; ++i) to[i] = from[i * a.row_step];
    }
  }
}

struct Tile {
  int64_t depth;
  DoubleMatrix a;
  int64_t panel_step;  // from kTileRows rows of a to the next
  const double* b;     // a packed strip
  double* c;
  int64_t ldc;
  int64_t columns;
  bool add;            // onto c
  const double* bias;  // or null
};

// c = or += the sums (and the bias); the last vector may hang over the edge of c.
template <int Rows, int Vectors>
inline void store_tile(const Tile& tile, Vector (&sum)[Rows][Vectors]) {
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) {
      double* const c = tile.c + i * tile.ldc + v * kLanes;
      const int64_t left = tile.columns - v * kLanes;
      if (tile.bias) sum[i][v] += Vector::load_at_most(tile.bias + v * kLanes, left);
      if (tile.add) sum[i][v] += Vector::load_at_most(c, left);
      sum[i][v].store_at_most(c, left);
    }
  }
}

template <int Rows, int Vectors>
void multiply_tile(const Tile& tile) {
  Vector sum[Rows][Vectors];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) sum[i][v] = Vector(0);
  }
  const double* a = tile.a.data;
  const double* b = tile.b;
  const int64_t row_step = tile.a.row_step, column_step = tile.a.column_step;
  for (int64_t p = 0; p < tile.depth; ++p) {
    Vector row[Vectors];
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) row[v] = Vector::load(b + v * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) {
      const Vector x(a[i * row_step]);
#pragma GCC unroll 3
      for (int v = 0; v < Vectors; ++v) sum[i][v] += x * row[v];
    }
    a += column_step;
    b += Vectors * kLanes;
  }
  store_tile<Rows, Vectors>(tile, sum);
}

template <int Rows>
void multiply_rows(const Tile& tile) {
  if (tile.columns > 2 * kLanes) return multiply_tile<Rows, 3>(tile);
  if (tile.columns > kLanes) return multiply_tile<Rows, 2>(tile);
  return multiply_tile<Rows, 1>(tile);
}

// `rows` rows of a times the packed block of b; block.columns is the width of the block.
void multiply_block(int64_t rows, const Tile& block) {
  Tile tile = block;
  for (int64_t j = 0; j < block.columns; j += kTileColumns) {
    tile.columns = std::min(kTileColumns, block.columns - j);
    tile.bias = block.bias ? block.bias + j : nullptr;
    int64_t i = 0;
    const auto multiply = [&]<int Rows>() {
      tile.a.data =
          block.a.data + i / kTileRows * block.panel_step + i % kTileRows * block.a.row_step;
      tile.c = block.c + i * block.ldc + j;
      multiply_rows<Rows>(tile);
      i += Rows;
    };
    while (rows - i >= kTileRows) multiply.template operator()<kTileRows>();
    while (rows - i >= 2) multiply.template operator()<2>();
    while (rows - i >= 1) multiply.template operator()<1>();
    tile.b += tile.depth * whole_vectors(tile.columns);
  }
}

}  // namespace

void gemm_double(int64_t m, int64_t n, int64_t k, const DoubleMatrix& a, const DoubleMatrix& b,
                 double* c, int64_t ldc, bool accumulate, const double* bias) {
  const auto from = [](const DoubleMatrix& matrix, int64_t i, int64_t j) {
    return DoubleMatrix{matrix.data + i * matrix.row_step + j * matrix.column_step, matrix.row_step,
                        matrix.column_step};
  };
  thread_local std::vector<double> strips(kDepth * kWidth), panels(kDepth * kHeight);
  for (int64_t j = 0; j < n; j += kWidth) {
    const int64_t width = std::min(kWidth, n - j);
    for (int64_t p = 0; p < k; p += kDepth) {
      const int64_t depth = std::min(kDepth, k - p);
      pack_strips(from(b, p, j), depth, width, strips.data());
      for (int64_t i = 0; i < m; i += kHeight) {
        const int64_t rows = std::min(kHeight, m - i);
        DoubleMatrix block = from(a, i, p);
        int64_t panel_step = kTileRows * block.row_step;
        if (block.column_step != 1) {
          pack_panels(block, rows, depth, panels.data());
          block = {panels.data(), 1, kTileRows};
          panel_step = kTileRows * depth;
        }
        multiply_block(rows, {depth, block, panel_step, strips.data(), c + i * ldc + j, ldc, width,
                              accumulate || p > 0, p == 0 && bias ? bias + j : nullptr});
      }
    }
  }
}

}  // namespace norma::kernels
