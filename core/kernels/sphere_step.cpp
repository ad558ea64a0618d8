#include "core/kernels/sphere_step.h"

#include <cmath>

#include "core/kernels/column_sum.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

template <class T>
T drop_of_row(const SphereStep<T>& step, int64_t row) {
  return step.drop ? step.drop[row / step.positions] : T(1);
}

}  // namespace

template <class T>
void sphere_step(const SphereStep<T>& step, const T* from, const T* to, T* y) {
  const int64_t width = step.channels;
  parallel_ranges(step.samples * step.positions, width, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T drop = drop_of_row(step, row);
      const T *const a = from + row * width, *const b = to + row * width;
      T* const out = y + row * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c)
        out[c] = a[c] + drop * std::abs(step.factor * step.alpha[c]) * (b[c] - a[c]);
    }
  });
}

template <class T>
void sphere_step_backward(const SphereStep<T>& step, const T* from, const T* to, const T* dy,
                          T* dfrom, T* dto, T* dalpha, double* scratch) {
  const int64_t width = step.channels;
  const auto add_rows = [&](double* sums, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T drop = drop_of_row(step, row);
      const T *const a = from + row * width, *const b = to + row * width,
                     *const g = dy + row * width;
      T *const da = dfrom + row * width, *const db = dto + row * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) {
        const T rate = drop * std::abs(step.factor * step.alpha[c]);
        sums[c] += static_cast<double>(drop * g[c] * (b[c] - a[c]));
        da[c] = g[c] - rate * g[c];
        db[c] = rate * g[c];
      }
    }
  };
  const double* const sums = sum_columns(step.samples * step.positions, width, scratch, add_rows);
  if (!sums) return;
  for (int64_t c = 0; c < width; ++c) {
    const T slope = step.factor * step.alpha[c];  // of |·|: 0 at 0, as PyTorch has it
    const double sign = slope > 0 ? 1 : slope < 0 ? -1 : 0;
    dalpha[c] += static_cast<T>(sign * static_cast<double>(step.factor) * sums[c]);
  }
}

#define NORMA_INSTANTIATE(T)                                                                     \
  template void sphere_step(const SphereStep<T>&, const T*, const T*, T*);                       \
  template void sphere_step_backward(const SphereStep<T>&, const T*, const T*, const T*, T*, T*, \
                                     T*, double*);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
