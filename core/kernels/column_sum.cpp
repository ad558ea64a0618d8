#include "core/kernels/column_sum.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

// Rows added up in the element type before they go to the double: few enough to lose no digit that
// matters, enough to spare most of the traffic to the sums.
constexpr int64_t kGroup = 8;

template <class T>
void sum_rows(double* sums, const T* x, int64_t rows, int64_t columns) {
  std::fill_n(sums, columns, 0.0);
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
  const Chunks cut = chunks_of(rows, columns);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    const int64_t begin = cut.begin(chunk);
    sum_rows(scratch + chunk * columns, x + begin * columns, cut.end(chunk) - begin, columns);
  });
  for (int64_t chunk = 1; chunk < cut.number; ++chunk) {
    const double* const partial = scratch + chunk * columns;
#pragma omp simd
    for (int64_t j = 0; j < columns; ++j) scratch[j] += partial[j];
  }
  if (cut.number == 0) return;
#pragma omp simd
  for (int64_t j = 0; j < columns; ++j) target[j] += static_cast<T>(scratch[j]);
}

template void add_column_sums(float*, const float*, int64_t, int64_t, double*);
template void add_column_sums(double*, const double*, int64_t, int64_t, double*);

}  // namespace norma::kernels
