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

// Samples [first, first + samples) of columns_forward and columns_backward.
void wide_columns_forward(const ColumnNorm<float>& norm, int64_t first, int64_t samples, float* y,
                          const ColumnState& state);
void wide_columns_backward(const ColumnNorm<float>& norm, int64_t first, int64_t samples,
                           const ColumnState& state, const ColumnGrads<float>& grads,
                           const ParamLayout<float>& layout, Partials<float>::Chunk& sums);

// Whether a sample of a column norm must be computed so. Only where the driver does both stages: a
// norm that changes the moments in between has the final ones for itself.
template <class T>
bool any_beyond(const ColumnNorm<T>& norm, const ColumnState& sample) {
  if constexpr (std::is_same_v<T, double>) return false;
  if (norm.given.centre) return false;
  const double n = *sample.positions * static_cast<double>(norm.merge);
  for (int64_t d = 0; d < norm.domains(); ++d)
    if (beyond_floats(norm.program, n, sample.m2[d])) return true;
  return false;
}

}  // namespace norma::kernels
