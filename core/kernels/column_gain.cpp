#include "core/kernels/column_gain.h"

#include "core/kernels/column_sum.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

// y = factor·x·gain of one row.
template <class T>
void gain_row(const ColumnGain<T>& by, const T* x, T* y) {
  if (by.group == 1) {
#pragma omp simd
    for (int64_t c = 0; c < by.columns; ++c) y[c] = by.factor * by.gain[c] * x[c];
    return;
  }
  for (int64_t first = 0; first < by.columns; first += by.group) {
    const T gain = by.factor * by.gain[first / by.group];
#pragma omp simd
    for (int64_t c = first; c < first + by.group; ++c) y[c] = gain * x[c];
  }
}

}  // namespace

template <class T>
void column_gain(const ColumnGain<T>& by, const T* x, T* y) {
  parallel_ranges(by.rows, by.columns, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      gain_row(by, x + row * by.columns, y + row * by.columns);
  });
}

template <class T>
void column_gain_backward(const ColumnGain<T>& by, const T* x, const T* dy, T* dx, T* dgain,
                          double* scratch) {
  const int64_t columns = by.columns;
  const double* const all =
      sum_columns(by.rows, columns, scratch, [&](double* sums, int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const T *const in = x + row * columns, *const grad = dy + row * columns;
#pragma omp simd
          for (int64_t c = 0; c < columns; ++c)
            sums[c] += static_cast<double>(in[c]) * static_cast<double>(grad[c]);
          if (dx) gain_row(by, grad, dx + row * columns);
        }
      });
  if (!all) return;
  for (int64_t first = 0; first < columns; first += by.group) {
    double sum = 0;
    for (int64_t c = first; c < first + by.group; ++c) sum += all[c];
    dgain[first / by.group] += static_cast<T>(static_cast<double>(by.factor) * sum);
  }
}

#define NORMA_INSTANTIATE(T)                                     \
  template void column_gain(const ColumnGain<T>&, const T*, T*); \
  template void column_gain_backward(const ColumnGain<T>&, const T*, const T*, T*, T*, double*);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
