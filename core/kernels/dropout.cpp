#include "core/kernels/dropout.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

// Elements that a thread masks at a time; a multiple of the four words of one draw.
constexpr int64_t kUnit = 1024;
// A draw costs about as much as this many plain steps for each element.
constexpr int64_t kWorkPerElement = 8;

// A uniform 32-bit word below this drops its element.
uint64_t drop_below(double p) { return static_cast<uint64_t>(std::llround(std::ldexp(p, 32))); }

}  // namespace

template <class T>
void dropout(T* y, const T* x, int64_t samples, int64_t per_sample, double p,
             const RandomStream& random, int64_t first_sample) {
  const uint64_t threshold = drop_below(p);
  const T kept = static_cast<T>(1.0 / (1.0 - p));
  const int64_t units = (per_sample + kUnit - 1) / kUnit;
  const auto mask_unit = [&](int64_t unit) {
    const int64_t sample = unit / units, first = unit % units * kUnit;
    const int64_t count = std::min(kUnit, per_sample - first);
    T factors[kUnit];
    for (int64_t i = 0; i < count; i += 4) {
      const auto words = random.bits(static_cast<uint32_t>(first_sample + sample),
                                     static_cast<uint32_t>((first + i) / 4));
      for (int64_t w = 0; w < 4; ++w)
        factors[i + w] = words[static_cast<size_t>(w)] < threshold ? T(0) : kept;
    }
    const int64_t offset = sample * per_sample + first;
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) y[offset + i] = x[offset + i] * factors[i];
  };
  parallel_ranges(samples * units, kUnit * kWorkPerElement, [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) mask_unit(unit);
  });
}

template <class T>
void drop_samples(T* factors, int64_t samples, double p, const RandomStream& random,
                  int64_t first_sample) {
  const uint64_t threshold = drop_below(p);
  for (int64_t i = 0; i < samples; ++i) {
    const uint32_t word = random.bits(static_cast<uint32_t>(first_sample + i), 0)[0];
    factors[i] = word < threshold ? T(0) : static_cast<T>(1.0 / (1.0 - p));
  }
}

#define NORMA_INSTANTIATE(T)                                                                   \
  template void dropout(T*, const T*, int64_t, int64_t, double, const RandomStream&, int64_t); \
  template void drop_samples(T*, int64_t, double, const RandomStream&, int64_t);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
