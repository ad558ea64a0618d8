#include "core/kernels/mean_positions.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

// Channels summed at a time, so that their sums stay in the first-level cache.
constexpr int64_t kStrip = 64;

int64_t valid_positions(const uint8_t* mask, int64_t s) {
  return mask ? std::count_if(mask, mask + s, [](uint8_t valid) { return valid != 0; }) : s;
}

// Runs body(sample, first channel, channels) for every strip of every sample.
template <class Body>
void for_each_strip(int64_t n, int64_t s, int64_t c, const Body& body) {
  const int64_t strips = (c + kStrip - 1) / kStrip;
  parallel_ranges(n * strips, s * kStrip, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % strips * kStrip;
      body(i / strips, first, std::min(kStrip, c - first));
    }
  });
}

}  // namespace

template <class T>
void mean_positions_forward(T* y, const T* x, const uint8_t* mask, int64_t n, int64_t s,
                            int64_t c) {
  for_each_strip(n, s, c, [=](int64_t sample, int64_t first, int64_t channels) {
    const uint8_t* const valid = mask ? mask + sample * s : nullptr;
    double sums[kStrip] = {};
    for (int64_t i = 0; i < s; ++i) {
      if (valid && !valid[i]) continue;
      const T* const row = x + (sample * s + i) * c + first;
#pragma omp simd
      for (int64_t j = 0; j < channels; ++j) sums[j] += static_cast<double>(row[j]);
    }
    const double count = static_cast<double>(std::max<int64_t>(valid_positions(valid, s), 1));
    for (int64_t j = 0; j < channels; ++j)
      y[sample * c + first + j] = static_cast<T>(sums[j] / count);
  });
}

template <class T>
void mean_positions_backward(T* dx, const T* dy, const uint8_t* mask, int64_t n, int64_t s,
                             int64_t c) {
  for_each_strip(n, s, c, [=](int64_t sample, int64_t first, int64_t channels) {
    const uint8_t* const valid = mask ? mask + sample * s : nullptr;
    const double count = static_cast<double>(std::max<int64_t>(valid_positions(valid, s), 1));
    const T* const grad = dy + sample * c + first;
    T shared[kStrip];
    for (int64_t j = 0; j < channels; ++j)
      shared[j] = static_cast<T>(static_cast<double>(grad[j]) / count);
    for (int64_t i = 0; i < s; ++i) {
      T* const row = dx + (sample * s + i) * c + first;
      if (valid && !valid[i])
        std::fill_n(row, channels, T(0));
      else
        std::copy_n(shared, channels, row);
    }
  });
}

template void mean_positions_forward(float*, const float*, const uint8_t*, int64_t, int64_t,
                                     int64_t);
template void mean_positions_forward(double*, const double*, const uint8_t*, int64_t, int64_t,
                                     int64_t);
template void mean_positions_backward(float*, const float*, const uint8_t*, int64_t, int64_t,
                                      int64_t);
template void mean_positions_backward(double*, const double*, const uint8_t*, int64_t, int64_t,
                                      int64_t);

}  // namespace norma::kernels
