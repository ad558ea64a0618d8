#include "core/kernels/binary_cross_entropy.h"

#include <cmath>

#include "core/kernels/chunked_sum.h"

namespace norma::kernels {
namespace {

constexpr int64_t kWorkPerExponential = 16;

double sigmoid(double z) {
  const double e = std::exp(-std::abs(z));
  return (z < 0 ? e : 1.0) / (1.0 + e);
}

}  // namespace

template <class T>
double binary_cross_entropy(const T* logits, const T* target, int64_t count) {
  return chunked_sum(count, kWorkPerExponential, [=](int64_t begin, int64_t end) {
    double sum = 0;
    for (int64_t i = begin; i < end; ++i) {
      const double z = static_cast<double>(logits[i]), t = static_cast<double>(target[i]);
      const double positive = z < 0 ? 0.0 : z;  // NaN stays
      sum += positive - z * t + std::log1p(std::exp(-std::abs(z)));
    }
    return sum;
  });
}

template <class T>
void binary_cross_entropy_backward(T* dlogits, const T* logits, const T* target, int64_t count,
                                   double scale) {
  parallel_ranges(count, kWorkPerExponential, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const double z = static_cast<double>(logits[i]), t = static_cast<double>(target[i]);
      dlogits[i] = static_cast<T>(scale * (sigmoid(z) - t));
    }
  });
}

template <class T>
int64_t count_same_side(const T* logits, const T* target, int64_t count) {
  int64_t same = 0;
  for (int64_t i = 0; i < count; ++i) same += (logits[i] > T(0)) == (target[i] > T(0.5));
  return same;
}

#define NORMA_INSTANTIATE(T)                                                            \
  template double binary_cross_entropy(const T*, const T*, int64_t);                    \
  template void binary_cross_entropy_backward(T*, const T*, const T*, int64_t, double); \
  template int64_t count_same_side(const T*, const T*, int64_t);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
