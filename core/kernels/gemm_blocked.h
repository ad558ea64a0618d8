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
};

// c (m,n), rows ldc apart, = a (m,k) · b (k,n) [+ c] [+ bias per column], on the calling thread.
// Every element is summed over k in the same order whatever m and n are and wherever it stands, so
// a product cut into tiles of rows or columns gives the bits of the whole. Inf and NaN propagate.
//
// The blocking is that of K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34 (2008): strips of b are packed so that they stream from the cache
// while a tile of c stays in registers.
template <class T>
void gemm_blocked(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T* c,
                  int64_t ldc, bool accumulate, const T* bias);

extern template void gemm_blocked(int64_t, int64_t, int64_t, MatrixView<float>, MatrixView<float>,
                                  float*, int64_t, bool, const float*);
extern template void gemm_blocked(int64_t, int64_t, int64_t, MatrixView<double>, MatrixView<double>,
                                  double*, int64_t, bool, const double*);

}  // namespace norma::kernels
