#include "core/kernels/gained_add.h"

#include "core/kernels/column_sum.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

template <class T>
T drop_of_row(const GainedAdd<T>& add, int64_t row) {
  return add.drop ? add.drop[row / add.positions] : T(1);
}

}  // namespace

template <class T>
void gained_add(const GainedAdd<T>& add, const T* base, const T* branch, T* out) {
  const int64_t width = add.channels;
  parallel_ranges(add.samples * add.positions, width, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T drop = drop_of_row(add, row);
      const T *const x = base + row * width, *const f = branch + row * width;
      T* const y = out + row * width;
      if (add.single_gain) {
        const T gain = drop * *add.gain;
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) y[c] = x[c] + gain * (add.factor * f[c]);
      } else {
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) y[c] = x[c] + drop * add.gain[c] * (add.factor * f[c]);
      }
    }
  });
}

template <class T>
void gained_add_backward(const GainedAdd<T>& add, const T* branch, const T* dout, T* dbranch,
                         T* dgain, double* scratch) {
  const int64_t width = add.channels;
  const auto add_rows = [&](double* sums, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T drop = drop_of_row(add, row);
      const T *const f = branch + row * width, *const dy = dout + row * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c)
        sums[c] += static_cast<double>(drop * (add.factor * f[c]) * dy[c]);
      if (!dbranch) continue;
      T* const df = dbranch + row * width;
      if (add.single_gain) {
        const T gain = drop * *add.gain;
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) df[c] = add.factor * (gain * dy[c]);
      } else {
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) df[c] = add.factor * (drop * add.gain[c] * dy[c]);
      }
    }
  };
  const double* const sums = sum_columns(add.samples * add.positions, width, scratch, add_rows);
  if (!sums) return;
  if (add.single_gain) {
    double sum = 0;
    for (int64_t c = 0; c < width; ++c) sum += sums[c];
    *dgain += static_cast<T>(sum);
  } else {
    for (int64_t c = 0; c < width; ++c) dgain[c] += static_cast<T>(sums[c]);
  }
}

template void gained_add(const GainedAdd<float>&, const float*, const float*, float*);
template void gained_add(const GainedAdd<double>&, const double*, const double*, double*);
template void gained_add_backward(const GainedAdd<float>&, const float*, const float*, float*,
                                  float*, double*);
template void gained_add_backward(const GainedAdd<double>&, const double*, const double*, double*,
                                  double*, double*);

}  // namespace norma::kernels
