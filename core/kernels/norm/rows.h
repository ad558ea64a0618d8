#pragma once

#include <cstdint>

#include "core/kernels/norm/block.h"

namespace norma::kernels {

// The row shape: every row of C numbers has its own statistic (or none, for pointwise maps), so
// moments, table and map happen while the row is in cache.
template <class T>
struct RowNorm {
  NormProgram<T> program;
  int64_t rows = 0, channels = 0;
  int64_t entering = 0;  // the statistic is that of the first so many channels; all, as a rule
  const uint8_t* mask = nullptr;  // one a row, 0 = padding; null = all valid

  // The input: `x`; or, with `branch`, the sum base + scale·drop[sample]·branch, which the forward
  // writes to `x` on its way.
  T* x = nullptr;
  const T* base = nullptr;
  const T* branch = nullptr;
  T scale = T(1);
  const T* drop = nullptr;  // one factor a sample (stochastic depth); null = 1
  int64_t rows_per_sample = 1;
};

// y = norm(x) row by row. `mean` and `m2` (one a row; unused without statistics) are kept for the
// backward. Padding rows get 0.
template <class T>
void rows_forward(const RowNorm<T>& norm, T* y, double* mean, double* m2);

// dx from dy, and the parameter gradients, added to program.dparam. With `dsum`, the gradient that
// reaches the sum directly is added: dx = dsum + through the norm. Padding rows take no dy.
template <class T>
void rows_backward(const RowNorm<T>& norm, const T* dy, const T* dsum, const double* mean,
                   const double* m2, T* dx);

}  // namespace norma::kernels
