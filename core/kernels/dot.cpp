#include "core/kernels/dot.h"

#include "core/kernels/chunked_sum.h"

namespace norma::kernels {
namespace {

template <class T>
double dot_of_range(const T* a, const T* b, int64_t begin, int64_t end) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = begin; i < end; ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

template <class T>
double dot(const T* a, const T* b, int64_t count) {
  return chunked_sum(count, 2,
                     [=](int64_t begin, int64_t end) { return dot_of_range(a, b, begin, end); });
}

template <class T>
double dot_rows(const T* a, const T* b, int64_t rows, int64_t columns, const uint8_t* mask) {
  return chunked_sum(rows, 2 * columns, [=](int64_t begin, int64_t end) {
    double sum = 0;
    for (int64_t row = begin; row < end; ++row)
      if (!mask || mask[row]) sum += dot_of_range(a, b, row * columns, (row + 1) * columns);
    return sum;
  });
}

template <class T>
void add_row_dots(T* target, const T* a, const T* b, int64_t rows, int64_t columns) {
  parallel_ranges(rows, 2 * columns, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      target[row] += static_cast<T>(dot_of_range(a, b, row * columns, (row + 1) * columns));
  });
}

template double dot(const float*, const float*, int64_t);
template double dot(const double*, const double*, int64_t);
template double dot_rows(const float*, const float*, int64_t, int64_t, const uint8_t*);
template double dot_rows(const double*, const double*, int64_t, int64_t, const uint8_t*);
template void add_row_dots(float*, const float*, const float*, int64_t, int64_t);
template void add_row_dots(double*, const double*, const double*, int64_t, int64_t);

}  // namespace norma::kernels
