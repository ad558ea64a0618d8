#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

// Moments where the squares of floats leave the range of floats: told by their result, summed again
// in double. Everything but the exact sum is cheap, as constant channels (m2 = 0) come by often.
namespace norma::kernels {

// Below and above these mean squares the squares of some elements may have been flushed to zero, or
// the sums have overflowed.
inline constexpr double kLeastSquare = 1e-30, kGreatestSquare = 1e30;

// A number as double, subnormals included, which threads that flush them to zero would lose.
inline double widened(float x) {
  constexpr uint32_t kExponent = 0x7f800000, kMantissa = 0x007fffff, kSign = 0x80000000;
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if (bits & kExponent) return static_cast<double>(x);
  const double magnitude = static_cast<double>(bits & kMantissa) * 0x1p-149;
  return bits & kSign ? -magnitude : magnitude;
}
inline double widened(double x) { return x; }

template <class T>
bool doubtful(T m2, T n) {
  return !(m2 > static_cast<T>(kLeastSquare) * n && m2 < static_cast<T>(kGreatestSquare) * n);
}
template <class T>
bool any_doubtful(const T* m2, int64_t channels, double n) {
  if constexpr (std::is_same_v<T, double>) return false;
  bool any = false;
#pragma omp simd reduction(| : any)
  for (int64_t c = 0; c < channels; ++c) any |= doubtful(m2[c], static_cast<T>(n));
  return any;
}

// Whether channels of a block hold the same number everywhere (centred) or zero: then the plain
// sums are right, however small.
template <class T>
class FlatChannels {
 public:
  static constexpr int64_t kMost = 64;
  FlatChannels(const T* x, int64_t stride, int64_t rows, int64_t channels, bool centred)
      : counted_(centred ? ~Bits(0) : ~Bits(0) >> 1) {  // the sign of a zero does not count
    if (centred) std::copy_n(x, channels, first_);
    for (int64_t r = 0; r < rows; ++r)
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c)
        differs_[c] |= std::bit_cast<Bits>(x[r * stride + c]) ^ std::bit_cast<Bits>(first_[c]);
  }
  bool operator[](int64_t c) const { return (differs_[c] & counted_) == 0; }

 private:
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  Bits counted_, differs_[kMost] = {};
  T first_[kMost] = {};
};

// The same for one row.
template <class T>
bool is_flat(const T* x, int64_t channels, bool centred) {
  const T expected = centred ? x[0] : T(0);
  for (int64_t c = 0; c < channels; ++c)
    if (std::memcmp(x + c, &expected, sizeof(T)) != 0) return false;
  return true;
}

// Moments of n numbers `stride` apart.
template <class T>
void exact_moments(const T* x, int64_t stride, int64_t n, bool centred, double& mean, double& m2) {
  mean = m2 = 0;
  const double count = static_cast<double>(n);
  if (centred) {
    for (int64_t i = 0; i < n; ++i) mean += widened(x[i * stride]);
    mean /= count;
  }
  double rest = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double u = widened(x[i * stride]) - mean;
    m2 += u * u;
    rest += u;
  }
  if (centred) m2 -= rest * rest / count;
}

}  // namespace norma::kernels
