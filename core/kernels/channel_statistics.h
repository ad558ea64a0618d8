#pragma once

#include <cstdint>

namespace norma::kernels {

// Mean and deviation √(unbiased variance + eps) of every channel of every sample of
// (samples, positions, channels).
struct ChannelStatistics {
  int64_t samples = 0, positions = 0, channels = 0;
  double eps = 1e-5;
};

template <class T>
void channel_statistics(const ChannelStatistics& shape, const T* x, T* mean, T* deviation);

// dx from the gradients of means and deviations; null: none.
template <class T>
void channel_statistics_backward(const ChannelStatistics& shape, const T* x, const T* dmean,
                                 const T* ddeviation, T* dx);

}  // namespace norma::kernels
