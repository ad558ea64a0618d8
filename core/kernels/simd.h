#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#ifdef __AVX__
#include <immintrin.h>
#endif

// Numbers by the register: Vec<T> holds as many T as one register of the machine the file is
// compiled for, Mask<T> one truth value a lane. Both rest on the compilers' vector extensions, so
// the same source runs on AVX-512, AVX2 and anything else; intrinsics appear only where the
// extensions have no word for it, each with a portable twin.
//
// The functions below also take plain float and double. A formula written as a template over its
// number type R therefore computes with float, double, Vec<float>, Vec<double> and (dual.h)
// derivatives:
//
//   template <class R> R leaky_relu(R x) { return select(x > R(0), x, x * R(0.01)); }
//
// Constants are written R(0.01): with R = float a bare 0.01 would turn the arithmetic to double.
// Such templates live inside namespace norma and say `using namespace math;` in their body, which
// hides the C functions of the same names (the global exp, fabs …).
namespace norma::math {

#if defined(__AVX512F__)
inline constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kVectorBytes = 32;
#else
inline constexpr int kVectorBytes = 16;
#endif

template <std::floating_point T>
struct Vec;

// One truth value for each lane of a Vec<T>: all bits set, or none.
template <std::floating_point T>
struct Mask {
  using Int = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  typedef Int Native __attribute__((vector_size(kVectorBytes)));
  static constexpr int lanes = kVectorBytes / static_cast<int>(sizeof(T));

  Native native;

  // Lanes 0 … n-1 true, the others false; n may lie outside [0, lanes].
  static Mask first(int64_t n) {
    Native lane;
    for (int i = 0; i < lanes; ++i) lane[i] = i;
    const Int limit = static_cast<Int>(n < 0 ? 0 : n > lanes ? lanes : n);
    return {lane < (Native{} + limit)};
  }
  bool operator[](int lane) const { return native[lane] != 0; }

  friend Mask operator&(Mask a, Mask b) { return {a.native & b.native}; }
  friend Mask operator|(Mask a, Mask b) { return {a.native | b.native}; }
  friend Mask operator!(Mask a) { return {~a.native}; }
};

template <std::floating_point T>
struct Vec {
  typedef T Native __attribute__((vector_size(kVectorBytes)));
  using Scalar = T;
  static constexpr int lanes = kVectorBytes / static_cast<int>(sizeof(T));

  Native native;

  Vec() = default;  // lanes undefined, as for a plain T
  Vec(Native lanes_of_a_register) : native(lanes_of_a_register) {}
  // Broadcast: every lane holds x. Implicit, so that formulas can write `v * 0.5`.
  template <class A>
  requires std::is_arithmetic_v<A> Vec(A x)
      : native(static_cast<T>(x) - Native{}) {}  // minus zero keeps the sign of -0

  T operator[](int lane) const { return native[lane]; }

  // Reads `lanes` elements from p, which needs no alignment.
  static Vec load(const T* p) {
    Vec v;
    std::memcpy(&v.native, p, sizeof(v.native));
    return v;
  }
  // Reads the first n elements (0 ≤ n ≤ lanes) and nothing behind them; the other lanes are zero.
  static Vec load_first(const T* p, int64_t n);
  // The same for any n ≥ 0 elements left: a whole register while there is one.
  static Vec load_at_most(const T* p, int64_t n) { return n >= lanes ? load(p) : load_first(p, n); }
  // Writes all lanes to p, which needs no alignment.
  void store(T* p) const { std::memcpy(p, &native, sizeof(native)); }
  // Writes the first n lanes (0 ≤ n ≤ lanes) and touches nothing behind them.
  void store_first(T* p, int64_t n) const;
  void store_at_most(T* p, int64_t n) const { n >= lanes ? store(p) : store_first(p, n); }

  Vec& operator+=(Vec b) { return native += b.native, *this; }
  Vec& operator-=(Vec b) { return native -= b.native, *this; }
  Vec& operator*=(Vec b) { return native *= b.native, *this; }
  Vec& operator/=(Vec b) { return native /= b.native, *this; }

  friend Vec operator+(Vec a, Vec b) { return a.native + b.native; }
  friend Vec operator-(Vec a, Vec b) { return a.native - b.native; }
  friend Vec operator*(Vec a, Vec b) { return a.native * b.native; }
  friend Vec operator/(Vec a, Vec b) { return a.native / b.native; }
  friend Vec operator-(Vec a) { return -a.native; }

  friend Mask<T> operator<(Vec a, Vec b) { return {a.native < b.native}; }
  friend Mask<T> operator<=(Vec a, Vec b) { return {a.native <= b.native}; }
  friend Mask<T> operator>(Vec a, Vec b) { return {a.native > b.native}; }
  friend Mask<T> operator>=(Vec a, Vec b) { return {a.native >= b.native}; }
  friend Mask<T> operator==(Vec a, Vec b) { return {a.native == b.native}; }
  friend Mask<T> operator!=(Vec a, Vec b) { return {a.native != b.native}; }

  // Lane by lane: a where the mask is true, else b.
  friend Vec select(Mask<T> mask, Vec a, Vec b) { return mask.native ? a.native : b.native; }
  // Larger and smaller of two; a NaN in either comes out.
  friend Vec max(Vec a, Vec b) { return select(a != a, a, select(a > b, a, b)); }
  friend Vec min(Vec a, Vec b) { return select(a != a, a, select(a < b, a, b)); }
};

// What a number type is made of. Dual (dual.h) adds itself.
template <class R>
struct NumberTraits {  // float, double
  using Scalar = R;
  using Mask = bool;
};
template <class T>
struct NumberTraits<Vec<T>> {
  using Scalar = T;
  using Mask = math::Mask<T>;
};
template <class R>
using ScalarOf = typename NumberTraits<R>::Scalar;
template <class R>
using MaskOf = typename NumberTraits<R>::Mask;

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
template <class T>
Vec<T> at_most(Vec<T> limit, Vec<T> x) {
#if defined(__AVX512F__)  // whose minimum gives the second operand where either is NaN
  if constexpr (sizeof(T) == 4) return _mm512_maskz_min_ps(0xffff, limit.native, x.native);
#endif
  return select(limit < x, limit, x);
}
template <class T>
Vec<T> at_least(Vec<T> limit, Vec<T> x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_maskz_max_ps(0xffff, limit.native, x.native);
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

template <std::floating_point T>
Vec<T> Vec<T>::load_first(const T* p, int64_t n) {
#if defined(__AVX512F__)
  const uint32_t lanes_wanted = (1u << n) - 1u;
  if constexpr (sizeof(T) == 4) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>(lanes_wanted), p);
  } else {
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>(lanes_wanted), p);
  }
#else
  Vec v(0);
  std::memcpy(&v.native, p, static_cast<size_t>(n) * sizeof(T));
  return v;
#endif
}

template <std::floating_point T>
void Vec<T>::store_first(T* p, int64_t n) const {
#if defined(__AVX512F__)
  const uint32_t lanes_wanted = (1u << n) - 1u;
  if constexpr (sizeof(T) == 4) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>(lanes_wanted), native);
  } else {
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>(lanes_wanted), native);
  }
#else
  std::memcpy(p, &native, static_cast<size_t>(n) * sizeof(T));
#endif
}

}  // namespace norma::math
