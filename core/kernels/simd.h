#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/kernels/simd_register.h"

// What can be computed by the register (simd_register.h) and, by the same names, with plain float
// and double. A formula written as a template over its number type R therefore computes with float,
// double, Vec<float>, Vec<double> and (dual.h) derivatives:
//
//   template <class R> R leaky_relu(R x) { return select(x > R(0), x, x * R(0.01)); }
//
// Constants are written R(0.01): with R = float a bare 0.01 would turn the arithmetic to double.
// Such templates live inside namespace norma and say `using namespace math;` in their body, which
// hides the C functions of the same names (the global exp, fabs …).
namespace norma::math {

// The same vocabulary for plain numbers. The second operand takes the type of the first.
template <std::floating_point T>
T select(bool mask, T a, std::type_identity_t<T> b) {
  return mask ? a : b;
}
template <std::floating_point T>
T max(T a, std::type_identity_t<T> b) {
  return a > b || a != a ? a : b;
}
template <std::floating_point T>
T min(T a, std::type_identity_t<T> b) {
  return a < b || a != a ? a : b;
}
template <std::floating_point T>
T abs(T x) {
  return std::fabs(x);
}
template <std::floating_point T>
T sqrt(T x) {
  return std::sqrt(x);
}
// 1/√x by division: the hardware's estimate is off by 2^-14, and differs between makers.
template <std::floating_point T>
T rsqrt(T x) {
  return T(1) / std::sqrt(x);
}

// max(x, 0), and x held within [low, high]; NaN in x comes out of both.
template <class R>
R relu(R x) {
  return select(x <= R(0), R(0), x);
}
template <class R>
R clamp(R x, std::type_identity_t<R> low, std::type_identity_t<R> high) {
  return min(max(x, low), high);
}

// x, but no more than `limit`, or no less; NaN in x comes out. One instruction where there are
// vectors, unlike max and min, which look for NaN on both sides.
template <std::floating_point T>
T at_most(T limit, T x) {
  return limit < x ? limit : x;
}
template <std::floating_point T>
T at_least(T limit, T x) {
  return limit > x ? limit : x;
}
// Both instructions give the second operand where either is NaN. The compilers do not find them in
// a comparison and a choice.
template <class T>
Vec<T> at_most(Vec<T> limit, Vec<T> x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_maskz_min_ps(0xffff, limit.native, x.native);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) return _mm256_min_ps(limit.native, x.native);
#endif
  return select(limit < x, limit, x);
}
template <class T>
Vec<T> at_least(Vec<T> limit, Vec<T> x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_maskz_max_ps(0xffff, limit.native, x.native);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) return _mm256_max_ps(limit.native, x.native);
#endif
  return select(limit > x, limit, x);
}
template <class T>
Vec<T> clamp(Vec<T> x, std::type_identity_t<Vec<T>> low, std::type_identity_t<Vec<T>> high) {
  return at_most(high, at_least(low, x));
}

inline bool any(bool mask) { return mask; }
inline bool all(bool mask) { return mask; }

namespace detail {

template <class To, class From>
To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

// Lane i comes from lane i XOR distance.
template <int distance, class Native, int... lane>
Native swap_lanes(Native v, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(v, v, (lane ^ distance)...);
}

// Combines all lanes pairwise (halves, quarters …), so every lane ends up with the same bits.
template <int distance, class T, class Combine>
Vec<T> fold(Vec<T> v, Combine combine) {
  if constexpr (distance == 0) {
    return v;
  } else {
    using Lanes = std::make_integer_sequence<int, Vec<T>::lanes>;
    return fold<distance / 2>(combine(v, Vec<T>(swap_lanes<distance>(v.native, Lanes{}))), combine);
  }
}

}  // namespace detail

// Sum of the lanes in a fixed order.
template <class T>
T sum(Vec<T> v) {
  return detail::fold<Vec<T>::lanes / 2>(v, [](Vec<T> a, Vec<T> b) { return a + b; })[0];
}
// Largest lane; NaN if any lane is.
template <class T>
T hmax(Vec<T> v) {
  return detail::fold<Vec<T>::lanes / 2>(v, [](Vec<T> a, Vec<T> b) { return max(a, b); })[0];
}

template <class T>
bool any(Mask<T> mask) {
#if defined(__AVX512DQ__)
  if constexpr (sizeof(T) == 4)
    return _mm512_movepi32_mask(detail::bits_as<__m512i>(mask.native)) != 0;
  else
    return _mm512_movepi64_mask(detail::bits_as<__m512i>(mask.native)) != 0;
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4)
    return _mm256_movemask_ps(detail::bits_as<__m256>(mask.native)) != 0;
  else
    return _mm256_movemask_pd(detail::bits_as<__m256d>(mask.native)) != 0;
#endif
  return hmax(select(mask, Vec<T>(1), Vec<T>(0))) != 0;
}
template <class T>
bool all(Mask<T> mask) {
  return !any(!mask);
}

template <class T>
Vec<T> abs(Vec<T> x) {
  using Int = typename Mask<T>::Int;
  constexpr Int kSign = std::numeric_limits<Int>::min();
  const auto bits = detail::bits_as<typename Mask<T>::Native>(x.native);
  return detail::bits_as<typename Vec<T>::Native>(bits & ~kSign);
}

// Correctly rounded; NaN for negative lanes.
template <class T>
Vec<T> sqrt(Vec<T> x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    return _mm512_maskz_sqrt_ps(0xffff, x.native);
  } else {
    return _mm512_maskz_sqrt_pd(0xff, x.native);
  }
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) {
    return _mm256_sqrt_ps(x.native);
  } else {
    return _mm256_sqrt_pd(x.native);
  }
#else
  for (int i = 0; i < Vec<T>::lanes; ++i) x.native[i] = std::sqrt(x.native[i]);
  return x;
#endif
}
// 1/√x. In float ≤ 1.1 ulp of normal numbers, by an estimate, or the quotient, and one step of
// Newton's.
template <class T>
Vec<T> rsqrt(Vec<T> x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    const __m512 guess = _mm512_maskz_rsqrt14_ps(0xffff, x.native);
    const __m512 root = _mm512_mul_ps(x.native, guess);
    const __m512 off_by = _mm512_fnmadd_ps(root, guess, _mm512_set1_ps(1.0f));
    const Vec<T> better =
        _mm512_fmadd_ps(_mm512_mul_ps(guess, _mm512_set1_ps(0.5f)), off_by, guess);
    // The guess is right where it is 0, infinite or NaN, and the step would spoil it.
    const Mask<T> normal =
        (x >= Vec<T>(std::numeric_limits<T>::min())) & (x <= Vec<T>(std::numeric_limits<T>::max()));
    return select(normal, better, Vec<T>(guess));
  }
#endif
  const Vec<T> rough = Vec<T>(1) / sqrt(x);
  if constexpr (sizeof(T) == 8) return rough;
  // Two roundings, up to 1.5 ulp together. The step needs x·rough beyond float's digits: `rest` is
  // what its rounding left.
  Vec<T> better;
  for (int i = 0; i < Vec<T>::lanes; ++i) {
    const T r = rough.native[i], root = x.native[i] * r, rest = std::fma(x.native[i], r, -root);
    better.native[i] = std::fma(T(0.5) * r, std::fma(-root, r, T(1)) - rest * r, r);
  }
  const Mask<T> normal =
      (x >= Vec<T>(std::numeric_limits<T>::min())) & (x <= Vec<T>(std::numeric_limits<T>::max()));
  return select(normal, better, rough);
}

}  // namespace norma::math
