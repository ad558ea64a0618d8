#include "core/kernels/add.h"

#include "core/parallel.h"

namespace norma::kernels {

template <class T>
void add_to(T* target, const T* source, int64_t count) {
  add(target, target, source, count);
}

template <class T>
void add(T* out, const T* a, const T* b, int64_t count) {
  parallel_ranges(count, 1, [=](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) out[i] = a[i] + b[i];
  });
}

template void add_to(float*, const float*, int64_t);
template void add_to(double*, const double*, int64_t);
template void add(float*, const float*, const float*, int64_t);
template void add(double*, const double*, const double*, int64_t);

}  // namespace norma::kernels
