#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/kernels/conv_shape.h"
#include "core/pool.h"

namespace norma {

// Copies of one layer's weight in the orders that the forward pass and the data gradient read
// fastest. The layer owns it and hands it over with the weight's version: a copy is made anew only
// when the version (or the order, after another batch size) has changed, so once an optimizer step.
class ConvWeights {
 public:
  struct Copy {
    uint64_t version = 0;
    uint64_t layout = 0;  // 0: nothing copied yet
    Storage memory;
  };
  Copy forward, backward_data;
};

// Two-dimensional convolutions (cross-correlations, as everywhere in the field). x is (batch,
// height, width, in_channels), y (batch, out_height, out_width, out_channels), weight
// (out_channels, in_channels / groups, kernel_h, kernel_w), bias (out_channels) or null; all of the
// given dtype, float32 or float64. `packed` may be null: the weight is then reordered in every
// call.
//
// 3×3 kernels in float32 that visit every pixel multiply less than their windows say
// (core/kernels/winograd.h), all others run on oneDNN, and float64 on kernels of our own.
//
// Each runs on the worker threads over a number of tiles of images that follows from the shape
// alone, and gives the same bits for any number of threads. Inf and NaN propagate. A shape that is
// not a convolution (see check_conv2d) throws Error.

// y = conv(x, weight) [+ bias].
void conv2d_forward(DType dtype, const Conv2dShape& shape, const void* x, const void* weight,
                    const void* bias, void* y, ConvWeights* packed = nullptr, uint64_t version = 0);

// dx, overwritten, from dy.
void conv2d_backward_data(DType dtype, const Conv2dShape& shape, const void* dy, const void* weight,
                          void* dx, ConvWeights* packed = nullptr, uint64_t version = 0);

// dweight += and, unless null, dbias +=.
void conv2d_backward_weights(DType dtype, const Conv2dShape& shape, const void* x, const void* dy,
                             void* dweight, void* dbias);

// Throws Error, with the numbers at fault, unless all sizes are positive (paddings may be zero),
// groups divide both numbers of channels and the kernel fits into the padded image.
void check_conv2d(const Conv2dShape& shape);

}  // namespace norma
