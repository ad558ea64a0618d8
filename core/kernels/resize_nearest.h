#pragma once

#include <cstdint>

namespace norma::kernels {

// Channels-last images (samples, height, width, channels) → (samples, out_height, out_width,
// channels): every pixel is the nearest one before it, as torch.nn.functional.interpolate's
// default.
struct ResizeShape {
  int64_t samples = 0, height = 0, width = 0, out_height = 0, out_width = 0, channels = 0;
};

template <class T>
void resize_nearest(const ResizeShape& shape, const T* x, T* y);

// dx is written, not added.
template <class T>
void resize_nearest_backward(const ResizeShape& shape, const T* dy, T* dx);

}  // namespace norma::kernels
