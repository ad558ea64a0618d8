#pragma once

#include <cstdint>

namespace norma::kernels {

// A matrix read in place: element (i, j) lies at data[i * row_step + j * column_step]. A transposed
// operand is the same memory with its two steps exchanged.
template <class T>
struct MatrixView {
  const T* data = nullptr;
  int64_t row_step = 0;
  int64_t column_step = 1;

  MatrixView from(int64_t i, int64_t j) const {
    return {data + i * row_step + j * column_step, row_step, column_step};
  }
};

// c (m,n), rows ldc apart, = a (m,k) · b (k,n) [+ c] [+ bias per column], on the calling thread, in
// float32 or float64. Every element is summed over k in the same order whatever m and n are and
// wherever it stands, so a product cut into tiles of rows or columns gives the bits of the whole.
// Inf and NaN propagate. bias may be null; k is positive.
//
// The blocking is that of K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34 (2008): packed strips of b stay in the cache while a tile of c stays
// in registers. a is packed only where it is transposed; otherwise its rows are read in place.
template <class T>
void packed_gemm(int64_t m, int64_t n, int64_t k, const MatrixView<T>& a, const MatrixView<T>& b,
                 T* c, int64_t ldc, bool accumulate, const T* bias);

}  // namespace norma::kernels
