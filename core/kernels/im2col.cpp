#include "core/kernels/im2col.h"

#include <algorithm>

namespace norma::kernels {
namespace {

// Calls inside(row of the matrix, run in it, element of the image) or outside(row, run) for every
// run of group_in() channels that a window of the pixels [first, first + pixels) covers.
template <class Inside, class Outside>
void for_each_run(const Conv2dShape& s, int64_t group, int64_t first, int64_t pixels,
                  Inside&& inside, Outside&& outside) {
  const int64_t out_width = s.out_width();
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    const int64_t top = (first + pixel) / out_width * s.stride_h - s.pad_h;
    const int64_t left = (first + pixel) % out_width * s.stride_w - s.pad_w;
    int64_t at = pixel * s.depth();
    for (int64_t kh = 0; kh < s.kernel_h; ++kh) {
      const int64_t y = top + kh * s.dilation_h;
      for (int64_t kw = 0; kw < s.kernel_w; ++kw, at += s.group_in()) {
        const int64_t x = left + kw * s.dilation_w;
        if (y >= 0 && y < s.height && x >= 0 && x < s.width) {
          inside(at, (y * s.width + x) * s.in_channels + group * s.group_in());
        } else {
          outside(at);
        }
      }
    }
  }
}

}  // namespace

template <class T>
void im2col(const Conv2dShape& shape, int64_t group, int64_t first, int64_t pixels, const T* image,
            T* columns) {
  const int64_t run = shape.group_in();
  for_each_run(
      shape, group, first, pixels,
      [&](int64_t at, int64_t from) { std::copy_n(image + from, run, columns + at); },
      [&](int64_t at) { std::fill_n(columns + at, run, T(0)); });
}

template <class T>
void col2im(const Conv2dShape& shape, int64_t group, int64_t first, int64_t pixels,
            const T* columns, T* image) {
  const int64_t run = shape.group_in();
  for_each_run(
      shape, group, first, pixels,
      [&](int64_t at, int64_t to) {
#pragma omp simd
        for (int64_t c = 0; c < run; ++c) image[to + c] += columns[at + c];
      },
      [](int64_t) {});
}

template void im2col(const Conv2dShape&, int64_t, int64_t, int64_t, const double*, double*);
template void col2im(const Conv2dShape&, int64_t, int64_t, int64_t, const double*, double*);

}  // namespace norma::kernels
