#include "core/kernels/scale_channels.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {

template <class T>
void scale_channels(T* y, const T* x, const T* gate, T factor, int64_t n, int64_t s, int64_t c) {
  parallel_ranges(n * s, c, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T *const in = x + row * c, *const g = gate + row / s * c;
      T* const out = y + row * c;
#pragma omp simd
      for (int64_t j = 0; j < c; ++j) out[j] = factor * in[j] * g[j];
    }
  });
}

template <class T>
void scale_channels_dgate(T* dgate, const T* x, const T* dy, T factor, int64_t n, int64_t s,
                          int64_t c) {
  constexpr int64_t kStrip = 64;  // channels at a time: their sums stay in the first-level cache
  const int64_t strips = (c + kStrip - 1) / kStrip;
  parallel_ranges(n * strips, s * kStrip, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t sample = i / strips, first = i % strips * kStrip;
      const int64_t channels = std::min(kStrip, c - first);
      double sums[kStrip] = {};
      for (int64_t position = 0; position < s; ++position) {
        const int64_t at = (sample * s + position) * c + first;
#pragma omp simd
        for (int64_t j = 0; j < channels; ++j)
          sums[j] += static_cast<double>(x[at + j]) * static_cast<double>(dy[at + j]);
      }
      for (int64_t j = 0; j < channels; ++j)
        dgate[sample * c + first + j] = static_cast<T>(static_cast<double>(factor) * sums[j]);
    }
  });
}

#define NORMA_INSTANTIATE(T)                                                          \
  template void scale_channels(T*, const T*, const T*, T, int64_t, int64_t, int64_t); \
  template void scale_channels_dgate(T*, const T*, const T*, T, int64_t, int64_t, int64_t);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
