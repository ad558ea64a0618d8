#include "core/kernels/small_product.h"

#include "core/kernels/register_tile.h"

namespace norma::kernels {
namespace {

constexpr int64_t kLanes = math::Vec<float>::lanes;

// All rows of a strip of columns.
template <int vectors>
void multiply_strip(const SmallProduct& p, int64_t column) {
  cover_rows(p.m, [&]<int rows>(int64_t i) {
    multiply_tile<rows, vectors, float>({.depth = p.k,
                                         .a = p.a + i * p.a_row,
                                         .a_row = p.a_row,
                                         .a_column = p.a_column,
                                         .b = p.b + column,
                                         .b_row = p.b_row,
                                         .c = p.c + i * p.c_row + column,
                                         .c_row = p.c_row,
                                         .columns = vectors * kLanes,
                                         .accumulate = p.accumulate,
                                         .bias = nullptr});
  });
}

}  // namespace

void small_product(const SmallProduct& p) {
  int64_t column = 0;
  for (; column + kTileVectors * kLanes <= p.n; column += kTileVectors * kLanes) {
    multiply_strip<kTileVectors>(p, column);
  }
  if (column < p.n) multiply_strip<1>(p, column);
}

}  // namespace norma::kernels
