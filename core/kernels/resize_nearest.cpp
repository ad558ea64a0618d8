#include "core/kernels/resize_nearest.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

// The pixel that pixel i of the output shows. In float, as PyTorch: where i·in/out is a whole
// number, the rounding decides.
int64_t source_of(int64_t i, int64_t in, int64_t out) {
  if (in == out) return i;
  if (out == 2 * in) return i / 2;
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  return std::min(static_cast<int64_t>(std::floor(static_cast<float>(i) * scale)), in - 1);
}

// Calls body(first element of the source pixel, first element of the output pixel).
template <class Body>
void over_pixels(const ResizeShape& shape, Body body) {
  const int64_t pixels = shape.out_height * shape.out_width;
  parallel_ranges(shape.samples, pixels * shape.channels, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      for (int64_t h = 0; h < shape.out_height; ++h)
        for (int64_t w = 0; w < shape.out_width; ++w) {
          const int64_t row = n * shape.height + source_of(h, shape.height, shape.out_height);
          const int64_t from = row * shape.width + source_of(w, shape.width, shape.out_width);
          body(from * shape.channels, (n * pixels + h * shape.out_width + w) * shape.channels);
        }
  });
}

}  // namespace

template <class T>
void resize_nearest(const ResizeShape& shape, const T* x, T* y) {
  over_pixels(shape,
              [&](int64_t from, int64_t to) { std::copy_n(x + from, shape.channels, y + to); });
}

template <class T>
void resize_nearest_backward(const ResizeShape& shape, const T* dy, T* dx) {
  std::fill_n(dx, shape.samples * shape.height * shape.width * shape.channels, T(0));
  over_pixels(shape, [&](int64_t from, int64_t to) {
    for (int64_t c = 0; c < shape.channels; ++c) dx[from + c] += dy[to + c];
  });
}

template void resize_nearest(const ResizeShape&, const float*, float*);
template void resize_nearest(const ResizeShape&, const double*, double*);
template void resize_nearest_backward(const ResizeShape&, const float*, float*);
template void resize_nearest_backward(const ResizeShape&, const double*, double*);

}  // namespace norma::kernels
