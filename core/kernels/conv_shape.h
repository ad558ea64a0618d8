#pragma once

#include <cstdint>

namespace norma {

// The sizes of a two-dimensional convolution. Activations are channels-last, (batch, height, width,
// channels); weights are (out_channels, in_channels / groups, kernel_h, kernel_w), as in PyTorch.
struct Conv2dShape {
  int64_t batch = 1, height = 1, width = 1;
  int64_t in_channels = 1, out_channels = 1;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_h = 0, pad_w = 0;  // zeros on each side
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t groups = 1;

  bool operator==(const Conv2dShape&) const = default;

  int64_t out_height() const {
    return (height + 2 * pad_h - dilation_h * (kernel_h - 1) - 1) / stride_h + 1;
  }
  int64_t out_width() const {
    return (width + 2 * pad_w - dilation_w * (kernel_w - 1) - 1) / stride_w + 1;
  }
  int64_t out_pixels() const { return out_height() * out_width(); }
  int64_t group_in() const { return in_channels / groups; }
  int64_t group_out() const { return out_channels / groups; }
  // Numbers that one output element is summed over.
  int64_t depth() const { return kernel_h * kernel_w * group_in(); }
  int64_t weights() const { return out_channels * depth(); }
  int64_t image_in() const { return height * width * in_channels; }
  int64_t image_out() const { return out_pixels() * out_channels; }

  // The same convolution of another number of images.
  Conv2dShape with_batch(int64_t images) const {
    Conv2dShape shape = *this;
    shape.batch = images;
    return shape;
  }
};

}  // namespace norma
