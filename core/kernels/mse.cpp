#include "core/kernels/mse.h"

#include "core/kernels/chunked_sum.h"

namespace norma::kernels {

template <class T>
double squared_error(const T* x, const T* target, int64_t count) {
  return chunked_sum(count, 1, [=](int64_t begin, int64_t end) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = begin; i < end; ++i) {
      const double error = static_cast<double>(x[i]) - static_cast<double>(target[i]);
      sum += error * error;
    }
    return sum;
  });
}

template <class T>
void squared_error_backward(T* dx, const T* x, const T* target, int64_t count, double scale) {
  const T factor = static_cast<T>(2.0 * scale);
  parallel_ranges(count, 1, [=](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) dx[i] = factor * (x[i] - target[i]);
  });
}

template double squared_error(const float*, const float*, int64_t);
template double squared_error(const double*, const double*, int64_t);
template void squared_error_backward(float*, const float*, const float*, int64_t, double);
template void squared_error_backward(double*, const double*, const double*, int64_t, double);

}  // namespace norma::kernels
