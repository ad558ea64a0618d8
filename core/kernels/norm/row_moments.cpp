#include "core/kernels/norm/row_moments.h"

#include <algorithm>
#include <type_traits>

#include "core/kernels/norm/moments_exact.h"
#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"

namespace norma::kernels {
namespace {

using math::Vec;

// Rows side by side, and sums of each that do not wait for one another: as many as registers hold.
constexpr int kTogether = 2, kSums = 2;

// Numbers after which a register's sums are emptied into double: rounding grows with their number.
constexpr int64_t kPiece = 512;

// What one pass finds of a row.
template <class T>
struct ShiftedSums {
  T shift = T(0);
  double sum = 0, squares = 0;  // of x − shift
};

// Adds Σ(x − shift) and Σ(x − shift)² of a piece of `together` rows; uncentred, Σx² alone.
template <bool centred, int together, class T>
void add_piece(const T* x, int64_t stride, int64_t channels, ShiftedSums<T>* found) {
  using V = Vec<T>;
  constexpr int kLanes = V::lanes;
  V shift[together], sums[together][kSums], squares[together][kSums];
  unrolled<together>([&](auto r) NORMA_INLINE {
    shift[r] = V(found[r].shift);
    unrolled<kSums>([&](auto k) NORMA_INLINE { sums[r][k] = squares[r][k] = V(T(0)); });
  });
  const auto at = [&](int r, int64_t c) NORMA_INLINE { return x + r * stride + c; };
  const auto add = [&](int r, int k, V d) NORMA_INLINE {
    if constexpr (centred) sums[r][k] += d;
    squares[r][k] += d * d;
  };
  int64_t c = 0;
  for (; c + kSums * kLanes <= channels; c += kSums * kLanes)
    unrolled<kSums>([&](auto k) NORMA_INLINE {
      unrolled<together>(
          [&](auto r) NORMA_INLINE { add(r, k, V::load(at(r, c + k * kLanes)) - shift[r]); });
    });
  for (; c + kLanes <= channels; c += kLanes)
    unrolled<together>([&](auto r) NORMA_INLINE { add(r, 0, V::load(at(r, c)) - shift[r]); });
  if (const int64_t rest = channels - c; rest > 0)
    unrolled<together>([&](auto r) NORMA_INLINE {
      const V d = V::load_first(at(r, c), rest) - shift[r];
      add(r, 0, select(math::Mask<T>::first(rest), d, V(T(0))));
    });
  unrolled<together>([&](auto r) NORMA_INLINE {
    for (int k = 1; k < kSums; ++k) sums[r][0] += sums[r][k], squares[r][0] += squares[r][k];
    found[r].sum += static_cast<double>(sum(sums[r][0]));
    found[r].squares += static_cast<double>(sum(squares[r][0]));
  });
}

template <bool centred, int together, class T>
void sum_rows(const T* x, int64_t stride, int64_t channels, ShiftedSums<T>* found) {
  for (int64_t c = 0; c < channels; c += kPiece)
    add_piece<centred, together>(x + c, stride, std::min(kPiece, channels - c), found);
}

// A number near a row's mean: that of its first register.
template <class T>
T first_mean(const T* x, int64_t channels) {
  const int64_t n = std::min<int64_t>(channels, Vec<T>::lanes);
  return sum(Vec<T>::load_at_most(x, n)) / static_cast<T>(n);
}

// Mean and m2; false where m2 has lost too much to the distance of the shift.
template <class T>
bool conclude(const ShiftedSums<T>& found, double n, double& mean, double& m2) {
  const double offset = found.sum / n, lost = found.sum * offset;
  mean = static_cast<double>(found.shift) + offset;
  m2 = found.squares - lost;
  return lost <= m2;
}

template <bool centred, class T>
void finish(const T* x, int64_t channels, ShiftedSums<T> found, double& mean, double& m2) {
  const double n = static_cast<double>(channels);
  if (!centred) {
    mean = 0;
    m2 = found.squares;
  } else if (!conclude(found, n, mean, m2)) {
    found = {.shift = static_cast<T>(mean)};
    sum_rows<true, 1>(x, channels, channels, &found);
    conclude(found, n, mean, m2);
  }
  if (doubtful(m2, n) && !is_flat(x, channels, centred))
    exact_moments(x, 1, channels, centred, mean, m2);
}

template <bool centred, class T>
void moments_of(const T* x, int64_t stride, int64_t rows, int64_t channels, double* mean,
                double* m2) {
  const auto take = [&](auto together, int64_t first) {
    const T* const here = x + first * stride;
    ShiftedSums<T> found[together];
    for (int r = 0; centred && r < together; ++r)
      found[r].shift = first_mean(here + r * stride, channels);
    sum_rows<centred, together>(here, stride, channels, found);
    for (int r = 0; r < together; ++r)
      finish<centred>(here + r * stride, channels, found[r], mean[first + r], m2[first + r]);
  };
  int64_t row = 0;
  for (; row + kTogether <= rows; row += kTogether)
    take(std::integral_constant<int, kTogether>{}, row);
  for (; row < rows; ++row) take(std::integral_constant<int, 1>{}, row);
}

}  // namespace

template <class T>
void row_moments(const T* x, int64_t stride, int64_t rows, int64_t channels, bool centred,
                 double* mean, double* m2) {
  centred ? moments_of<true>(x, stride, rows, channels, mean, m2)
          : moments_of<false>(x, stride, rows, channels, mean, m2);
}

template <class T>
double row_sum_of_squares(const T* x, int64_t channels) {
  double mean = 0, m2 = 0;
  row_moments(x, channels, 1, channels, false, &mean, &m2);
  return m2;
}

template void row_moments(const float*, int64_t, int64_t, int64_t, bool, double*, double*);
template void row_moments(const double*, int64_t, int64_t, int64_t, bool, double*, double*);
template double row_sum_of_squares(const float*, int64_t);
template double row_sum_of_squares(const double*, int64_t);

}  // namespace norma::kernels
