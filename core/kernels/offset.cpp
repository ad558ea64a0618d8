#include "core/kernels/offset.h"

#include "core/parallel.h"

namespace norma::kernels {

template <class T>
void add_offset(T* y, const T* x, T offset, int64_t count) {
  parallel_ranges(count, 1, [=](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) y[i] = x[i] + offset;
  });
}

template void add_offset(float*, const float*, float, int64_t);
template void add_offset(double*, const double*, double, int64_t);

}  // namespace norma::kernels
