#include "core/kernels/small_product.h"

#include <algorithm>

#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"

namespace norma::kernels {
namespace {

using V = math::Vec<float>;

// A tile of c stays in registers: as many accumulators as leave room for a row of b and an element
// of a among the 32 (AVX-512) or 16 registers, and enough that none waits for its last sum.
constexpr int kTileVectors = 2;
constexpr int kAccumulators = math::kVectorBytes == 64 ? 24 : 12;
constexpr int rows_of(int vectors) { return std::min(12, kAccumulators / vectors); }

template <int rows, int vectors>
void multiply_tile(const SmallProduct& p, const float* a, const float* b, float* c) {
  V sum[rows][vectors];
  unrolled<rows>([&](auto i) NORMA_INLINE {
    unrolled<vectors>([&](auto v) NORMA_INLINE { sum[i][v] = V(0); });
  });
  const int64_t a_row = p.a_row, a_column = p.a_column, b_row = p.b_row;
  for (int64_t k = 0; k < p.k; ++k) {
    V row[vectors];
    unrolled<vectors>([&](auto v) NORMA_INLINE { row[v] = V::load(b + v * V::lanes); });
    unrolled<rows>([&](auto i) NORMA_INLINE {
      const V x(a[i * a_row]);
      unrolled<vectors>([&](auto v) NORMA_INLINE { sum[i][v] += x * row[v]; });
    });
    a += a_column;
    b += b_row;
  }
  unrolled<rows>([&](auto i) NORMA_INLINE {
    unrolled<vectors>([&](auto v) NORMA_INLINE {
      float* const at = c + i * p.c_row + v * V::lanes;
      if (p.accumulate) sum[i][v] += V::load(at);
      sum[i][v].store(at);
    });
  });
}

// All rows of one strip of columns.
template <int vectors>
void multiply_strip(const SmallProduct& p, int64_t column) {
  constexpr int whole = rows_of(vectors);
  int64_t i = 0;
  const auto rows_here = [&]<int rows>() {
    multiply_tile<rows, vectors>(p, p.a + i * p.a_row, p.b + column, p.c + i * p.c_row + column);
    i += rows;
  };
  while (p.m - i >= whole) rows_here.template operator()<whole>();
  while (p.m - i >= 4) rows_here.template operator()<4>();
  while (p.m - i >= 1) rows_here.template operator()<1>();
}

}  // namespace

void small_product(const SmallProduct& p) {
  int64_t column = 0;
  for (; column + kTileVectors * V::lanes <= p.n; column += kTileVectors * V::lanes) {
    multiply_strip<kTileVectors>(p, column);
  }
  if (column < p.n) multiply_strip<1>(p, column);
}

}  // namespace norma::kernels
