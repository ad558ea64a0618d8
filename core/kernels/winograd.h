#pragma once

#include <cstdint>

#include "core/kernels/conv_shape.h"

// Convolutions by 3×3 kernels in float32 with fewer multiplications than their windows have: four
// outputs, two by two, take 16 instead of 36 (A. Lavin, S. Gray, "Fast Algorithms for Convolutional
// Neural Networks", 2015, arXiv:1509.09308: F(2×2, 3×3)). The transforms around the products add
// and halve only, so the rounding error stays that of direct sums, about; larger tiles would save
// more and lose digits. All run on the calling thread; tiles of images go to different threads.
//
// Sums across a tile carry an Inf or NaN to outputs whose windows do not cover it. Each pass
// therefore returns whether all that it wrote is finite; if not, the result has to be computed in
// another way.
namespace norma::kernels {

// Whether these passes can run the convolution (3×3, every pixel, one group, at most two zeros
// around) and save enough for their transforms.
bool winograd_pays(const Conv2dShape& shape);

// Floats of the transformed weights, as the forward pass and the data gradient read them.
int64_t winograd_forward_weights(const Conv2dShape& shape);
int64_t winograd_backward_weights(const Conv2dShape& shape);
void transform_weights_forward(const Conv2dShape& shape, const float* oihw, float* transformed);
void transform_weights_backward(const Conv2dShape& shape, const float* oihw, float* transformed);

// Floats of scratch memory that each pass takes.
int64_t winograd_forward_scratch(const Conv2dShape& shape);
int64_t winograd_backward_scratch(const Conv2dShape& shape);
int64_t winograd_gradient_scratch(const Conv2dShape& shape);

// y = conv(x, weight) [+ bias per channel]; bias may be null.
[[nodiscard]] bool winograd_forward(const Conv2dShape& shape, const float* x,
                                    const float* transformed, const float* bias, float* y,
                                    float* scratch);
// dx from dy.
[[nodiscard]] bool winograd_backward_data(const Conv2dShape& shape, const float* dy,
                                          const float* transformed, float* dx, float* scratch);
// dweight (3, 3, in_channels, out_channels), overwritten.
[[nodiscard]] bool winograd_weight_gradient(const Conv2dShape& shape, const float* x,
                                            const float* dy, float* dweight, float* scratch);

}  // namespace norma::kernels
