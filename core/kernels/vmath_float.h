#pragma once

#include "core/kernels/simd.h"

// Elementary functions of Vec<float>, free of branches. The polynomials are minimax fits of the
// relative error (Remez exchange in 160-bit arithmetic, coefficients rounded to float); the way an
// argument is reduced is the classical one of Cody and Waite (Software Manual for the Elementary
// Functions, 1980). The bounds stated here, in units of the last place of a float, are asserted by
// tests/core/vmath_test.cpp over the whole range of floats. Results too small for a normal float
// may come out as zero, as the hardware flushes them in training anyway.
namespace norma::math {

namespace detail {

using FloatLanes = Vec<float>;
using IntLanes = Mask<float>::Native;
// Where arithmetic on bit patterns may wrap around.
using UnsignedLanes [[gnu::vector_size(sizeof(IntLanes))]] = uint32_t;

// c0 + c1·x + c2·x² + … by Horner's rule.
template <class... Rest>
FloatLanes polynomial(FloatLanes x, float c0, Rest... rest) {
  if constexpr (sizeof...(rest) == 0) {
    return c0;
  } else {
    return polynomial(x, rest...) * x + FloatLanes(c0);
  }
}

// c0 + c2·x² + c4·x⁴ + …, of every other coefficient.
inline FloatLanes every_other(FloatLanes, float c0) { return c0; }
inline FloatLanes every_other(FloatLanes, float c0, float) { return c0; }
template <class... Rest>
FloatLanes every_other(FloatLanes x2, float c0, float, Rest... rest) {
  return every_other(x2, rest...) * x2 + FloatLanes(c0);
}
// The same polynomial as two half as long ones of x², side by side: one multiplication more in
// nearly half the time from x to result. For long formulas, which leave few of their registers in
// flight.
template <class... Rest>
FloatLanes polynomial_in_halves(FloatLanes x, float c0, Rest... rest) {
  const FloatLanes x2 = x * x;
  return every_other(x2, rest...) * x + every_other(x2, c0, rest...);
}

// Nearest whole number of |x| < 2^22: adding 1.5·2^23 pushes the fraction out of the significand.
inline FloatLanes nearest(FloatLanes x) {
  const FloatLanes kPush = 12582912.0f;
  return (x + kPush) - kPush;
}

// p·2^n for whole n in [-160, 160]: infinity above the range of floats, gradual or flushed below.
inline FloatLanes scale_by_power_of_two(FloatLanes p, FloatLanes n) {
#if defined(__AVX512F__)
  return _mm512_maskz_scalef_ps(0xffff, p.native, n.native);
#else
  // In two steps, because 2^n itself may lie outside the range while p·2^n does not.
  const IntLanes whole = __builtin_convertvector(n.native, IntLanes);
  const IntLanes half = whole >> 1;
  const auto power = [](IntLanes e) {
    return FloatLanes(bits_as<FloatLanes::Native>((e + 127) << 23));
  };
  return p * power(half) * power(whole - half);
#endif
}

// 2^n, or half of that, for n that leave it within the range of floats; below the smallest normal
// one gradual or 0. In a third of the steps.
enum class Power : int { kWhole = 0, kHalf = 1 };
template <Power power = Power::kWhole>
FloatLanes power_of_two(FloatLanes n) {
  constexpr int kHalvings = static_cast<int>(power);
#if defined(__AVX512F__)
  return scale_by_power_of_two(1.0f / (1 << kHalvings), n);
#else
  const IntLanes exponent = __builtin_convertvector(n.native, IntLanes) + (127 - kHalvings);
  return FloatLanes(bits_as<FloatLanes::Native>((exponent & (exponent > 0)) << 23));
#endif
}

// p·2^n for such n and p around 1.
inline FloatLanes scale_in_range(FloatLanes p, FloatLanes n) {
#if defined(__AVX512F__)
  return scale_by_power_of_two(p, n);
#else
  return p * power_of_two(n);
#endif
}

// e^x = 2^n (1 + p) with whole n, for |x| < 110; p to 1.5 ulp, also where x is small: e^r − 1 of
// the remainder r = x − n·ln2, whose ln2 is split in two so that n·high is exact. Whoever needs
// several functions of one x pays for this part once.
struct ReducedExp {
  FloatLanes n, p;
};
inline ReducedExp reduce_exp(FloatLanes x) {
  const FloatLanes n = nearest(x * 1.44269504f);
  const FloatLanes r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  const FloatLanes tail = polynomial(r, 4.999999815e-01f, 1.666654362e-01f, 4.166719994e-02f,
                                     8.366520894e-03f, 1.388251578e-03f);
  return {n, tail * (r * r) + r};
}

// 2^t = 2^n (1 + p) with whole n, for |t| < 160; p to 1.5 ulp, also where t is small. Two steps
// shorter than reduce_exp, for those whose t is a product that is rounded anyway.
inline ReducedExp reduce_exp2(FloatLanes t) {
  const FloatLanes n = nearest(t), r = t - n;
  return {n, polynomial(r, 6.931471879e-01f, 2.402264979e-01f, 5.550357430e-02f, 9.618237692e-03f,
                        1.339073754e-03f, 1.540345202e-04f) *
                 r};
}

// e^x for |x| < 110.
inline FloatLanes exp_in_range(FloatLanes x) {
  const auto [n, p] = reduce_exp(x);
  return scale_by_power_of_two(p + FloatLanes(1), n);
}

// (2^n (1 + p) − 1)/2: half, because 2^n may overflow where the result does not.
inline FloatLanes half_less_one(ReducedExp e) {
  const FloatLanes half_power = power_of_two<Power::kHalf>(e.n);
  return e.p * half_power + (half_power - FloatLanes(0.5f));
}

// 1/x for 2^-100 < |x| < 2^100, ≤ 1 ulp: an estimate and one step of Newton's, in a third of the
// time that a division takes.
inline FloatLanes reciprocal_in_range(FloatLanes x) {
#if defined(__AVX512F__)
  const __m512 guess = _mm512_maskz_rcp14_ps(0xffff, x.native);
  const __m512 off_by = _mm512_fnmadd_ps(x.native, guess, _mm512_set1_ps(1.0f));
  return _mm512_fmadd_ps(guess, off_by, guess);
#else
  return FloatLanes(1) / x;
#endif
}

// a/b for 2^-100 < |b| < 2^100 and |a| ≤ |b|·2^100, ≤ 0.6 ulp: the step of Newton's corrects the
// quotient.
inline FloatLanes quotient_in_range(FloatLanes a, FloatLanes b) {
#if defined(__AVX512F__)
  const __m512 guess = _mm512_maskz_rcp14_ps(0xffff, b.native);
  const __m512 quotient = _mm512_mul_ps(a.native, guess);
  const __m512 off_by = _mm512_fnmadd_ps(b.native, quotient, a.native);
  return _mm512_fmadd_ps(guess, off_by, quotient);
#else
  return a / b;
#endif
}

// A magnitude, which has no sign bit itself, with the sign bit of `sign`.
inline FloatLanes with_sign_of(FloatLanes sign, FloatLanes magnitude) {
  constexpr int32_t kSignBit = std::numeric_limits<int32_t>::min();
  const IntLanes signs = bits_as<IntLanes>(sign.native) & kSignBit;
  return FloatLanes(bits_as<FloatLanes::Native>(bits_as<IntLanes>(magnitude.native) | signs));
}

}  // namespace detail

// e^x, ≤ 1.1 ulp.
inline Vec<float> exp(Vec<float> x) {
  using V = Vec<float>;
  // Beyond these the result is 0 or infinity.
  return detail::exp_in_range(clamp(x, V(-104), V(89)));
}

// Natural logarithm, ≤ 1 ulp. Zero and numbers below the smallest normal float give -infinity,
// negative ones NaN.
inline Vec<float> log(Vec<float> x) {
  using V = Vec<float>;
  // x = 2^e · m with m in [√½, √2): the shift by √½ carries into the exponent above that point.
  constexpr int32_t kSqrtHalf = 0x3f3504f3;
  const auto bits = detail::bits_as<detail::UnsignedLanes>(x.native);
  const auto shifted = detail::bits_as<detail::IntLanes>(bits - kSqrtHalf);
  const V e = V(__builtin_convertvector(shifted >> 23, V::Native));
  const V m = V(detail::bits_as<V::Native>((shifted & 0x007fffff) + kSqrtHalf));
  const V f = m - V(1);
  const V f2 = f * f;
  V tail = detail::polynomial(f, 3.333333135e-01f, -2.500081956e-01f, 2.000122666e-01f,
                              -1.662335694e-01f, 1.420175731e-01f, -1.316018105e-01f,
                              1.276157796e-01f, -7.634500414e-02f);
  tail = tail * f2 * f + e * -2.12194440e-4f - f2 * 0.5f;
  const V result = (f + tail) + e * 0.693359375f;
  const V inf = std::numeric_limits<float>::infinity();
  const V special = select(x < V(0), V(std::numeric_limits<float>::quiet_NaN()), -inf);
  const V finite_or_special = select(x < V(std::numeric_limits<float>::min()), special, result);
  return select((x != x) | (x == inf), x, finite_or_special);
}

// log(1 + x) without losing small x, ≤ 2 ulp.
inline Vec<float> log1p(Vec<float> x) {
  using V = Vec<float>;
  // 1 + x is rounded; what the rounding lost, divided by 1 + x, is the first-order correction.
  const V u = V(1) + x;
  const V lost = select(x < V(1), x - (u - V(1)), V(1) - (u - x));
  const V result = log(u) + lost / u;
  const V inf = std::numeric_limits<float>::infinity();
  return select((u == inf) | (u <= V(0)), log(u), result);
}

// e^x − 1 without losing small x, ≤ 2 ulp.
inline Vec<float> expm1(Vec<float> x) {
  using V = Vec<float>;
  const V half = detail::half_less_one(detail::reduce_exp(clamp(x, V(-104), V(89))));
  return half + half;
}

// 1/(1 + e^-x), ≤ 3 ulp, from t = e^-|x|, which does not overflow.
inline Vec<float> sigmoid(Vec<float> x) {
  using V = Vec<float>;
  const V t = detail::exp_in_range(at_least(V(-104), -abs(x)));
  const V s = detail::reciprocal_in_range(V(1) + t);
  return select(x < V(0), t * s, s);
}

// Hyperbolic tangent, ≤ 3 ulp: h/(1 + h) of h = (e^2x − 1)/2.
inline Vec<float> tanh(Vec<float> x) {
  using V = Vec<float>;
  x = clamp(x, V(-10), V(10));  // ±1 from 9.02 on
  const V h = detail::half_less_one(detail::reduce_exp(x + x));
  return detail::quotient_in_range(h, h + V(1));
}

// Error function, ≤ 3.5 ulp: 1 − 2^(|x|·g(|x|)), where the polynomial g fits log2(erfc(x))/x.
inline Vec<float> erf(Vec<float> x) {
  using V = Vec<float>;
  const V a = at_most(V(3.95f), abs(x));  // ±1 from 3.92 on
  const V g = detail::polynomial_in_halves(a, -1.627907086e+00f, -9.184434630e-01f,
                                           -1.483298394e-01f, 2.787534303e-02f, -2.967874979e-04f,
                                           -1.805885405e-03f, 5.496661988e-04f, -5.872889641e-05f);
  const auto [n, p] = detail::reduce_exp2(a * g);
  const V power = detail::power_of_two(n);
  return detail::with_sign_of(x, (V(1) - power) - p * power);
}

// Its slope 2/√π·e^-x², ≤ 2.5e-7 of it up to |x| = 1, ≤ 2e-7 outright beyond.
inline Vec<float> erf_slope(Vec<float> x) {
  using V = Vec<float>;
  const V t = at_least(V(-150), (x * -1.44269504f) * x);  // 0 beyond
  const V n = detail::nearest(t);
  const V power = detail::polynomial(t - n, 1.128379248e+00f, 7.821325973e-01f, 2.710605940e-01f,
                                     6.263309319e-02f, 1.091768166e-02f, 1.498086878e-03f);
  return detail::scale_in_range(power, n);
}

// Arc tangent, ≤ 3 ulp, from its fit up to 1; above that it is π/2 − atan(1/x).
inline Vec<float> atan(Vec<float> x) {
  using V = Vec<float>;
  const V a = at_most(V(1e30f), abs(x));
  const Mask<float> far = a > V(1);
  const V t = select(far, detail::reciprocal_in_range(a), a);
  const V z = t * t;
  const V tail = detail::polynomial(z, -3.333315260e-01f, 1.999376948e-01f, -1.421102724e-01f,
                                    1.066589205e-01f, -7.551971242e-02f, 4.320896697e-02f,
                                    -1.636613805e-02f, 2.920243078e-03f);
  const V angle = tail * (z * t) + t;
  return detail::with_sign_of(x, select(far, V(1.57079633f) - angle, angle));
}

namespace detail {

// sin(r) for |r| ≤ π/2.
inline FloatLanes sine_in_quarter_turn(FloatLanes r) {
  const FloatLanes z = r * r;
  const FloatLanes tail = polynomial(z, -1.666666716e-01f, 8.333330974e-03f, -1.984086848e-04f,
                                     2.752537057e-06f, -2.388867593e-08f);
  return tail * z * r + r;
}

// sin(x - offset·π)·(-1)^n with x = (n + offset)·π + r, for |x| < 2^22. The reduction runs in
// double because r may be far smaller than the spacing of floats near x.
inline FloatLanes sine_by_half_turns(FloatLanes x, double offset) {
  using V = FloatLanes;
  typedef double Wide __attribute__((vector_size(2 * kVectorBytes)));
  const Wide wide = __builtin_convertvector(x.native, Wide);
  constexpr double kPush = 6755399441055744.0;  // 1.5·2^52 rounds to whole numbers, as in nearest()
  const Wide n = (wide * 0.31830988618379067 - offset + kPush) - kPush;
  // π in two parts, the first of 31 bits: its product with n is exact.
  const Wide turns = n + offset;
  const Wide reduced = (wide - turns * 3.1415926534682512) - turns * 1.2154201013012384e-10;
  const V r = V(__builtin_convertvector(reduced, V::Native));
  const V s = sine_in_quarter_turn(r);
  const IntLanes odd = __builtin_convertvector(n, IntLanes) & 1;
  return V(bits_as<V::Native>(bits_as<IntLanes>(s.native) ^ (odd << 31)));
}

// Every lane by the C library: for arguments beyond the reduction above.
template <class T, class Function>
Vec<T> lane_by_lane(Vec<T> x, Function function) {
  for (int i = 0; i < Vec<T>::lanes; ++i) x.native[i] = function(x.native[i]);
  return x;
}

// sin and cos beyond a quarter turn, out of line: the loops of those who stay within it are short.
[[gnu::noinline]] inline FloatLanes sine_beyond_quarter_turn(FloatLanes x) {
  if (!all(abs(x) < FloatLanes(4194304.0f)))
    return lane_by_lane(x, [](float lane) { return std::sin(lane); });
  return sine_by_half_turns(x, 0.0);
}
[[gnu::noinline]] inline FloatLanes cosine_beyond_quarter_turn(FloatLanes x) {
  if (!all(abs(x) < FloatLanes(4194304.0f)))
    return lane_by_lane(x, [](float lane) { return std::cos(lane); });
  // cos((n + ½)π + r) = -sin(r)·(-1)^n.
  return -sine_by_half_turns(x, 0.5);
}

}  // namespace detail

// Sine and cosine of radians, ≤ 3 ulp up to |x| < 2^22; beyond that, the C library's. Up to a
// quarter turn nothing is to be reduced.
inline Vec<float> sin(Vec<float> x) {
  if (all(abs(x) <= Vec<float>(1.57079637f))) return detail::sine_in_quarter_turn(x);
  return detail::sine_beyond_quarter_turn(x);
}
inline Vec<float> cos(Vec<float> x) {
  const Vec<float> a = abs(x);
  if (!all(a <= Vec<float>(1.57079637f))) return detail::cosine_beyond_quarter_turn(x);
  // π/2 in two parts; subtracting the first is exact where the result is small.
  return detail::sine_in_quarter_turn((Vec<float>(1.57079637f) - a) + Vec<float>(-4.37113883e-8f));
}

}  // namespace norma::math
