#include "core/kernels/soft_cap.h"

#include "core/kernels/lanes.h"
#include "core/kernels/vmath.h"
#include "core/parallel.h"

namespace norma::kernels {

using math::for_each_register;
using math::Vec;

template <class T>
void soft_cap(T* y, const T* x, T c, int64_t count) {
  const Vec<T> cap = c, per_cap = T(1) / c;
  parallel_ranges(count, 3, [=](int64_t begin, int64_t end) {
    for_each_register<T>(end - begin, [=](int64_t i, auto lanes) {
      lanes.store(y + begin + i, cap * tanh(lanes.load(x + begin + i) * per_cap));
    });
  });
}

template <class T>
void soft_cap_backward(T* dx, const T* dy, const T* y, T c, int64_t count) {
  const Vec<T> per_cap = T(1) / c;
  parallel_ranges(count, 1, [=](int64_t begin, int64_t end) {
    for_each_register<T>(end - begin, [=](int64_t i, auto lanes) {
      const Vec<T> t = lanes.load(y + begin + i) * per_cap;
      lanes.store(dx + begin + i, lanes.load(dy + begin + i) * (Vec<T>(T(1)) - t * t));
    });
  });
}

#define NORMA_INSTANTIATE(T)                        \
  template void soft_cap(T*, const T*, T, int64_t); \
  template void soft_cap_backward(T*, const T*, const T*, T, int64_t);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
