#include "core/kernels/norm/moments.h"

#include "core/kernels/simd.h"

namespace norma::kernels {

using math::Vec;

namespace {

// Σ term(x) over a row, four registers at a time; term must give 0 for the padding lanes it is told
// of.
template <class T, class Term>
T row_sum(const T* x, int64_t channels, Term term) {
  using V = Vec<T>;
  constexpr int kLanes = V::lanes;
  V sums[4] = {V(T(0)), V(T(0)), V(T(0)), V(T(0))};
  int64_t c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes)
    for (int k = 0; k < 4; ++k) sums[k] += term(V::load(x + c + k * kLanes));
  for (; c + kLanes <= channels; c += kLanes) sums[0] += term(V::load(x + c));
  if (c < channels) {
    const V last = term(V::load_first(x + c, channels - c));
    sums[1] += select(math::Mask<T>::first(channels - c), last, V(T(0)));
  }
  return sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

}  // namespace

template <class T>
void row_moments(const T* x, int64_t channels, double& mean, double& m2) {
  using V = Vec<T>;
  const V shift(x[0]);
  const double n = static_cast<double>(channels);
  const double offset =
      static_cast<double>(row_sum(x, channels, [=](V v) { return v - shift; })) / n;
  mean = static_cast<double>(x[0]) + offset;
  const V hi(static_cast<T>(mean)),
      lo(static_cast<T>(mean - static_cast<double>(static_cast<T>(mean))));
  m2 = static_cast<double>(row_sum(x, channels, [=](V v) {
    const V u = (v - hi) - lo;
    return u * u;
  }));
}

template <class T>
double row_sum_of_squares(const T* x, int64_t channels) {
  return static_cast<double>(row_sum(x, channels, [](Vec<T> v) { return v * v; }));
}

namespace {

// Calls body(c, n) for every register's worth of channels, n = how many of its lanes are real.
template <class T, class Body>
void over_channels(int64_t channels, Body body) {
  for (int64_t c = 0; c < channels; c += Vec<T>::lanes)
    body(c, channels - c < Vec<T>::lanes ? channels - c : Vec<T>::lanes);
}

template <class T>
Vec<T> load_lanes(const T* p, int64_t n) {
  return n == Vec<T>::lanes ? Vec<T>::load(p) : Vec<T>::load_first(p, n);
}
template <class T>
void store_lanes(Vec<T> v, T* p, int64_t n) {
  if (n == Vec<T>::lanes)
    v.store(p);
  else
    v.store_first(p, n);
}

}  // namespace

template <class T>
void add_block_moments(const T* x, int64_t stride, int64_t rows, int64_t channels, bool centred,
                       T* scratch, ColumnMoments& moments) {
  using V = Vec<T>;
  T* const sums = scratch;  // Σ(x − first row), or Σx²
  T* const block_m2 = scratch + channels;
  const T inverse = T(1) / static_cast<T>(rows);
  over_channels<T>(channels, [&](int64_t c, int64_t n) {
    const V shift = centred ? load_lanes(x + c, n) : V(T(0));
    V total(T(0));
    for (int64_t r = 0; r < rows; ++r) {
      const V d = load_lanes(x + r * stride + c, n) - shift;
      total += centred ? d : d * d;
    }
    store_lanes(total, sums + c, n);
    if (!centred) return;
    // u = x − block mean, with the mean as first row + offset: both parts are exact enough that the
    // second pass loses nothing.
    const V offset = total * V(inverse);
    V squares(T(0)), rest(T(0));
    for (int64_t r = 0; r < rows; ++r) {
      const V u = (load_lanes(x + r * stride + c, n) - shift) - offset;
      squares += u * u;
      rest += u;
    }
    store_lanes(squares - rest * rest * V(inverse), block_m2 + c, n);
  });

  const double n_a = moments.count, n_b = static_cast<double>(rows), total = n_a + n_b;
  if (!centred) {
    for (int64_t c = 0; c < channels; ++c) moments.m2[c] += static_cast<double>(sums[c]);
  } else {
    const double share = n_b / total, weight = n_a * n_b / total;
    for (int64_t c = 0; c < channels; ++c) {
      const double mean_b = static_cast<double>(x[c]) + static_cast<double>(sums[c]) / n_b;
      const double delta = mean_b - moments.mean[c];
      moments.mean[c] += delta * share;
      moments.m2[c] += static_cast<double>(block_m2[c]) + delta * delta * weight;
    }
  }
  moments.count = total;
}

template void row_moments(const float*, int64_t, double&, double&);
template void row_moments(const double*, int64_t, double&, double&);
template double row_sum_of_squares(const float*, int64_t);
template double row_sum_of_squares(const double*, int64_t);
template void add_block_moments(const float*, int64_t, int64_t, int64_t, bool, float*,
                                ColumnMoments&);
template void add_block_moments(const double*, int64_t, int64_t, int64_t, bool, double*,
                                ColumnMoments&);

}  // namespace norma::kernels
