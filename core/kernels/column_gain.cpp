#include "core/kernels/column_gain.h"

#include <algorithm>

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

int64_t column_gain_scratch(int64_t rows, int64_t columns) {
  return chunks_of(rows, columns).number * columns;
}

template <class T>
void column_gain_backward(const ColumnGain<T>& by, const T* x, const T* dy, T* dx, T* dgain,
                          double* scratch) {
  const int64_t columns = by.columns;
  const Chunks cut = chunks_of(by.rows, columns);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    double* const sums = scratch + chunk * columns;
    std::fill_n(sums, columns, 0.0);
    for (int64_t row = cut.begin(chunk); row < cut.end(chunk); ++row) {
      const T *const in = x + row * columns, *const grad = dy + row * columns;
#pragma omp simd
      for (int64_t c = 0; c < columns; ++c)
        sums[c] += static_cast<double>(in[c]) * static_cast<double>(grad[c]);
      if (dx) gain_row(by, grad, dx + row * columns);
    }
  });
  if (cut.number == 0) return;
  for (int64_t chunk = 1; chunk < cut.number; ++chunk)
    for (int64_t c = 0; c < columns; ++c) scratch[c] += scratch[chunk * columns + c];
  for (int64_t first = 0; first < columns; first += by.group) {
    double sum = 0;
    for (int64_t c = first; c < first + by.group; ++c) sum += scratch[c];
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
