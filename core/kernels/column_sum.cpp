#include "core/kernels/column_sum.h"

namespace norma::kernels {
namespace {

// Rows added up in the element type before they go to the double: few enough to lose no digit that
// matters, enough to spare most of the traffic to the sums.
constexpr int64_t kGroup = 8;

template <class T>
void sum_rows(double* sums, const T* x, int64_t rows, int64_t columns) {
  int64_t i = 0;
  for (; i + kGroup <= rows; i += kGroup) {
    const T* const group = x + i * columns;
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) {
      const T* const p = group + j;
      const T low = (p[0] + p[columns]) + (p[2 * columns] + p[3 * columns]);
      const T high = (p[4 * columns] + p[5 * columns]) + (p[6 * columns] + p[7 * columns]);
      sums[j] += static_cast<double>(low + high);
    }
  }
  for (; i < rows; ++i) {
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) sums[j] += static_cast<double>(x[i * columns + j]);
  }
}

}  // namespace

int64_t column_sum_scratch(int64_t rows, int64_t columns) {
  return chunks_of(rows, columns).number * columns;
}

template <class T>
void add_column_sums(T* target, const T* x, int64_t rows, int64_t columns, double* scratch) {
  const double* const sums =
      sum_columns(rows, columns, scratch, [=](double* part, int64_t begin, int64_t end) {
        sum_rows(part, x + begin * columns, end - begin, columns);
      });
  if (!sums) return;
#pragma omp simd
  for (int64_t j = 0; j < columns; ++j) target[j] += static_cast<T>(sums[j]);
}

template void add_column_sums(float*, const float*, int64_t, int64_t, double*);
template void add_column_sums(double*, const double*, int64_t, int64_t, double*);

}  // namespace norma::kernels
