#include "core/kernels/rope.h"

#include <cmath>

#include "core/kernels/lanes.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

// Turns one head: (x1, x2) → (x1·cos - x2·sin, x2·cos + x1·sin). `direction` -1 turns back.
template <class T>
void rotate_head(T* x, const T* cosines, const T* sines, int64_t half, T direction) {
  using V = math::Vec<T>;
  math::for_each_register<T>(half, [=](int64_t i, auto lanes) {
    const V c = lanes.load(cosines + i), s = lanes.load(sines + i) * V(direction);
    const V first = lanes.load(x + i), second = lanes.load(x + half + i);
    lanes.store(x + i, first * c - second * s);
    lanes.store(x + half + i, second * c + first * s);
  });
}

}  // namespace

template <class T>
void rope_table(T* cosines, T* sines, int64_t positions, int64_t head_width, double base) {
  const int64_t half = head_width / 2;
  for (int64_t t = 0; t < positions; ++t) {
    for (int64_t d = 0; d < half; ++d) {
      const double exponent = -2.0 * static_cast<double>(d) / static_cast<double>(head_width);
      const double angle = static_cast<double>(t) * std::pow(base, exponent);
      cosines[t * half + d] = static_cast<T>(std::cos(angle));
      sines[t * half + d] = static_cast<T>(std::sin(angle));
    }
  }
}

template <class T>
void rope_rotate(AttentionView<T> x, int64_t batch, int64_t rows, int64_t heads, int64_t head_width,
                 const T* cosines, const T* sines, int64_t first_position, bool inverse) {
  const int64_t half = head_width / 2;
  const T direction = inverse ? T(-1) : T(1);
  parallel_ranges(batch * rows, heads * head_width, [=](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t row = at % rows, angles = (first_position + row) * half;
      T* token = x.data + at / rows * x.batch_stride + row * x.row_stride;
      for (int64_t h = 0; h < heads; ++h) {
        rotate_head(token + h * x.head_stride, cosines + angles, sines + angles, half, direction);
      }
    }
  });
}

#define NORMA_INSTANTIATE(T)                                                                \
  template void rope_table(T*, T*, int64_t, int64_t, double);                               \
  template void rope_rotate(AttentionView<T>, int64_t, int64_t, int64_t, int64_t, const T*, \
                            const T*, int64_t, bool);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
