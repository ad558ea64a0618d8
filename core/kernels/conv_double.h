#pragma once

#include <cstdint>

#include "core/kernels/conv_shape.h"

// Convolutions in float64, which oneDNN does not have: the windows are gathered into a matrix and
// multiplied. All run on the calling thread; tiles of images go to different threads.
namespace norma::kernels {

// Weights (groups, depth, out_channels / groups), as the forward and the weight gradient use them.
void pack_conv_forward(const Conv2dShape& shape, const double* oihw, double* packed);
// Weights (groups, out_channels / groups, depth), as the data gradient uses them.
void pack_conv_backward(const Conv2dShape& shape, const double* oihw, double* packed);
// From the order of pack_conv_forward back to OIHW.
void unpack_conv(const Conv2dShape& shape, const double* packed, double* oihw);

// y = conv(x, weight) [+ bias per channel]; bias may be null.
void conv_forward(const Conv2dShape& shape, const double* x, const double* packed_forward,
                  const double* bias, double* y);
// dx from dy.
void conv_backward_data(const Conv2dShape& shape, const double* dy, const double* packed_backward,
                        double* dx);
// dweight, in the order of pack_conv_forward, overwritten.
void conv_backward_weights(const Conv2dShape& shape, const double* x, const double* dy,
                           double* packed_dweight);

}  // namespace norma::kernels
