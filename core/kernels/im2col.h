#pragma once

#include <cstdint>

#include "core/kernels/conv_shape.h"

namespace norma::kernels {

// What a convolution reads for output pixels [first, first + pixels) of one image and one group of
// channels, as a matrix (pixels, depth): a row holds the window of one pixel, ordered (kernel row,
// kernel column, channel), with zeros where it hangs over the border. A convolution is then a
// matrix product (K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural
// Networks for Document Processing", 2006).
template <class T>
void im2col(const Conv2dShape& shape, int64_t group, int64_t first, int64_t pixels, const T* image,
            T* columns);

// Its adjoint: adds every element of the matrix to the image element that it was read from.
template <class T>
void col2im(const Conv2dShape& shape, int64_t group, int64_t first, int64_t pixels,
            const T* columns, T* image);

}  // namespace norma::kernels
