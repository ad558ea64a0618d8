#include "core/kernels/channel_statistics.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/norm/moments.h"
#include "core/parallel.h"
#include "core/pool.h"

namespace norma::kernels {
namespace {

// Moments of one sample's channels.
template <class T>
class SampleMoments {
 public:
  SampleMoments(const ChannelStatistics& shape, const T* x)
      : memory_(static_cast<size_t>(shape.channels) * (2 * sizeof(double) + 2 * sizeof(T))),
        built_{reinterpret_cast<double*>(memory_.data()),
               reinterpret_cast<double*>(memory_.data()) + shape.channels} {
    constexpr int64_t kBlock = 64;
    T* const scratch = reinterpret_cast<T*>(built_.m2 + shape.channels);
    std::fill_n(built_.mean, 2 * shape.channels, 0.0);
    for (int64_t s = 0; s < shape.positions; s += kBlock)
      add_block_moments(x + s * shape.channels, shape.channels,
                        std::min(kBlock, shape.positions - s), shape.channels, true, scratch,
                        built_);
  }
  double mean(int64_t c) const { return built_.mean[c]; }
  double deviation(int64_t c, double eps) const {
    return std::sqrt(built_.m2[c] / (built_.count - 1) + eps);
  }

 private:
  Storage memory_;
  ColumnMoments built_;
};

template <class T, class Body>
void over_samples(const ChannelStatistics& shape, const T* x, Body body) {
  const int64_t size = shape.positions * shape.channels;
  parallel_ranges(shape.samples, 4 * size, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) body(n, SampleMoments<T>(shape, x + n * size));
  });
}

}  // namespace

template <class T>
void channel_statistics(const ChannelStatistics& shape, const T* x, T* mean, T* deviation) {
  over_samples(shape, x, [&](int64_t n, const SampleMoments<T>& moments) {
    for (int64_t c = 0; c < shape.channels; ++c) {
      mean[n * shape.channels + c] = static_cast<T>(moments.mean(c));
      deviation[n * shape.channels + c] = static_cast<T>(moments.deviation(c, shape.eps));
    }
  });
}

template <class T>
void channel_statistics_backward(const ChannelStatistics& shape, const T* x, const T* dmean,
                                 const T* ddeviation, T* dx) {
  const double n_all = static_cast<double>(shape.positions);
  over_samples(shape, x, [&](int64_t n, const SampleMoments<T>& moments) {
    for (int64_t s = 0; s < shape.positions; ++s) {
      const int64_t row = (n * shape.positions + s) * shape.channels;
      for (int64_t c = 0; c < shape.channels; ++c) {
        const int64_t i = n * shape.channels + c;
        const double u = static_cast<double>(x[row + c]) - moments.mean(c);
        double d = dmean ? static_cast<double>(dmean[i]) / n_all : 0;
        if (ddeviation)
          d += static_cast<double>(ddeviation[i]) * u /
               (moments.deviation(c, shape.eps) * (n_all - 1));
        dx[row + c] = static_cast<T>(d);
      }
    }
  });
}

template void channel_statistics(const ChannelStatistics&, const float*, float*, float*);
template void channel_statistics(const ChannelStatistics&, const double*, double*, double*);
template void channel_statistics_backward(const ChannelStatistics&, const float*, const float*,
                                          const float*, float*);
template void channel_statistics_backward(const ChannelStatistics&, const double*, const double*,
                                          const double*, double*);

}  // namespace norma::kernels
