#pragma once

#include <cstdint>

namespace norma::kernels {

// Square windows over channels-last images (batch, height, width, channels).
struct Pooling {
  int64_t batch = 0, height = 0, width = 0, channels = 0;
  int64_t kernel = 1, stride = 1, padding = 0;
  // Windows that fit: ⌊(extent + 2·padding − kernel) / stride⌋ + 1.
  int64_t out_height() const { return windows(height); }
  int64_t out_width() const { return windows(width); }
  int64_t windows(int64_t extent) const { return (extent + 2 * padding - kernel) / stride + 1; }
};

// The largest value of each window and channel; a NaN wins. `where` gets the pixel (h·width + w)
// that it came from: the first one among equals. padding ≤ kernel / 2, so no window is empty.
template <class T>
void max_pool_forward(const Pooling& p, T* y, int32_t* where, const T* x);
// dx is overwritten.
template <class T>
void max_pool_backward(const Pooling& p, T* dx, const int32_t* where, const T* dy);

// The mean of each window and channel. Padded places count as zeros when `count_padding`, else only
// the pixels inside the image count.
template <class T>
void average_pool_forward(const Pooling& p, bool count_padding, T* y, const T* x);
// dx is overwritten.
template <class T>
void average_pool_backward(const Pooling& p, bool count_padding, T* dx, const T* dy);

}  // namespace norma::kernels
