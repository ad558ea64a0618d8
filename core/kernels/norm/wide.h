#pragma once

#include <type_traits>

#include "core/kernels/norm/columns.h"
#include "core/kernels/norm/moments_exact.h"
#include "core/kernels/norm/partials.h"
#include "core/kernels/norm/rows.h"

// Domains whose deviation is so large or so small that its powers, on the way to a gradient, leave
// the range of floats: they are computed in float64, by the same formula. Rare, so nothing here is
// tuned; the drivers only ask, once a domain, whether it is one of them.
namespace norma::kernels {

template <class T>
bool beyond_floats(const NormProgram<T>& program, double n, double m2) {
  if constexpr (std::is_same_v<T, double>) return false;
  return program.wide && (m2 > n * kGreatestSquare || (m2 > 0 && m2 < n * kLeastSquare));
}

// One row of rows_forward and rows_backward.
void wide_row_forward(const RowNorm<float>& norm, int64_t row, float* y, double* mean, double* m2);
void wide_row_backward(const RowNorm<float>& norm, int64_t row, const float* dy, const double* mean,
                       const double* m2, float* dx, const ParamLayout<float>& layout,
                       Partials<float>::Chunk& sums);

// One sample of columns_moments, columns_map, columns_sums and columns_apply. `sums` are that
// sample's, state and buffers those of all.
void wide_columns_moments(const ColumnNorm<float>& norm, int64_t sample, const ColumnState& state);
void wide_columns_map(const ColumnNorm<float>& norm, int64_t sample, float* y,
                      const ColumnState& state);
void wide_columns_sums(const ColumnNorm<float>& norm, int64_t sample, const ColumnState& state,
                       const ColumnGrads<float>& grads, double* sums,
                       const ParamLayout<float>& layout, Partials<float>::Chunk& params);
void wide_columns_apply(const ColumnNorm<float>& norm, int64_t sample, const ColumnState& state,
                        const ColumnGrads<float>& grads, const double* sums);

}  // namespace norma::kernels
