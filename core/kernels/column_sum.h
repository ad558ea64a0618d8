#pragma once

#include <cstdint>

namespace norma::kernels {

// Doubles of scratch memory that add_column_sums needs for this shape.
int64_t column_sum_scratch(int64_t rows, int64_t columns);

// target[j] += Σ_i x[i·columns + j]: what a parameter that is broadcast over rows (a bias) gets as
// its gradient. Fixed chunks of rows are summed in double and combined in their order, so the bits
// depend on the shape alone.
template <class T>
void add_column_sums(T* target, const T* x, int64_t rows, int64_t columns, double* scratch);

}  // namespace norma::kernels
