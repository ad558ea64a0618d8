#include "core/kernels/scale_samples.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

// Calls body(begin, end, factor) for stretches of elements that lie within one sample.
template <class T, class Body>
void over_samples(T scale, const T* drop, int64_t samples, int64_t size, Body body) {
  parallel_ranges(samples * size, 1, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t sample = begin / size, stop = std::min(end, (sample + 1) * size);
      body(begin, stop, drop ? scale * drop[sample] : scale);
      begin = stop;
    }
  });
}

}  // namespace

template <class T>
void scale_samples(const T* x, T scale, const T* drop, int64_t samples, int64_t size, T* out) {
  over_samples(scale, drop, samples, size, [=](int64_t begin, int64_t end, T factor) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) out[i] = factor * x[i];
  });
}

template <class T>
void add_samples(const T* base, const T* branch, T scale, const T* drop, int64_t samples,
                 int64_t size, T* out) {
  over_samples(scale, drop, samples, size, [=](int64_t begin, int64_t end, T factor) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) out[i] = base[i] + factor * branch[i];
  });
}

template void scale_samples(const float*, float, const float*, int64_t, int64_t, float*);
template void scale_samples(const double*, double, const double*, int64_t, int64_t, double*);
template void add_samples(const float*, const float*, float, const float*, int64_t, int64_t,
                          float*);
template void add_samples(const double*, const double*, double, const double*, int64_t, int64_t,
                          double*);

}  // namespace norma::kernels
