#pragma once

#include <cstdint>

#include "core/parallel.h"

namespace norma::kernels {

// Doubles of scratch memory that sums over the rows of this shape need.
int64_t column_sum_scratch(int64_t rows, int64_t columns);

// The sums over rows that what is broadcast over rows gets as its gradient: `add_rows(sums, begin,
// end)` adds what the rows [begin, end) give to one double a column. Returns the columns' sums,
// which stand in `scratch`; null where there are no rows. Fixed chunks of rows are combined in
// their order, so the bits depend on the shape alone.
template <class AddRows>
const double* sum_columns(int64_t rows, int64_t columns, double* scratch, const AddRows& add_rows) {
  const Chunks cut = chunks_of(rows, columns);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    double* const sums = scratch + chunk * columns;
    for (int64_t j = 0; j < columns; ++j) sums[j] = 0;
    add_rows(sums, cut.begin(chunk), cut.end(chunk));
  });
  for (int64_t chunk = 1; chunk < cut.number; ++chunk) {
    const double* const partial = scratch + chunk * columns;
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) scratch[j] += partial[j];
  }
  return cut.number > 0 ? scratch : nullptr;
}

// target[j] += Σ_i x[i·columns + j]: what a parameter that is broadcast over rows (a bias) gets as
// its gradient, summed in double.
template <class T>
void add_column_sums(T* target, const T* x, int64_t rows, int64_t columns, double* scratch);

}  // namespace norma::kernels
