#pragma once

#include "core/kernels/simd.h"
#include "core/kernels/vmath_float.h"

// exp, log, log1p, expm1, tanh, erf and its slope, atan, sin, cos, sigmoid and softplus of every
// number type.
//
// Vec<float> computes by polynomials (vmath_float.h). A plain float is one lane of such a vector,
// so a loop's tail gets the same bits as its body. double, the reference precision, asks the C
// library, lane by lane: right to the last place, and slower.
namespace norma::math {

#define NORMA_FROM_ONE_LANE(function) \
  inline float function(float x) { return function(Vec<float>(x))[0]; }
#define NORMA_FROM_C_LIBRARY(function)                                               \
  inline double function(double x) { return std::function(x); }                      \
  inline Vec<double> function(Vec<double> x) {                                       \
    return detail::lane_by_lane(x, [](double lane) { return std::function(lane); }); \
  }
#define NORMA_ELEMENTARY(function) \
  NORMA_FROM_ONE_LANE(function)    \
  NORMA_FROM_C_LIBRARY(function)

NORMA_ELEMENTARY(exp)
NORMA_ELEMENTARY(log)
NORMA_ELEMENTARY(log1p)
NORMA_ELEMENTARY(expm1)
NORMA_ELEMENTARY(tanh)
NORMA_ELEMENTARY(erf)
NORMA_ELEMENTARY(atan)
NORMA_ELEMENTARY(sin)
NORMA_ELEMENTARY(cos)

NORMA_FROM_ONE_LANE(erf_slope)

#undef NORMA_ELEMENTARY
#undef NORMA_FROM_C_LIBRARY
#undef NORMA_FROM_ONE_LANE

namespace detail {

// 2/√π·e^-x²
template <class R>
R erf_slope_of(R x) {
  return exp(-(x * x)) * 1.1283791670955126;
}
template <class R>
R sigmoid_of(R x) {
  return R(1) / (R(1) + exp(-x));
}
// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): nothing overflows.
template <class R>
R softplus_of(R x) {
  return max(x, R(0)) + log1p(exp(-abs(x)));
}

}  // namespace detail

// The slope of erf, see vmath_float.h.
inline double erf_slope(double x) { return detail::erf_slope_of(x); }
inline Vec<double> erf_slope(Vec<double> x) { return detail::erf_slope_of(x); }

// 1/(1 + e^-x): ≤ 3 ulp in float.
inline float sigmoid(float x) { return sigmoid(Vec<float>(x))[0]; }
inline double sigmoid(double x) { return detail::sigmoid_of(x); }
inline Vec<double> sigmoid(Vec<double> x) { return detail::sigmoid_of(x); }

// log(1 + e^x): ≤ 3 ulp in float.
inline float softplus(float x) { return detail::softplus_of(Vec<float>(x))[0]; }
inline double softplus(double x) { return detail::softplus_of(x); }
template <class T>
Vec<T> softplus(Vec<T> x) {
  return detail::softplus_of(x);
}

}  // namespace norma::math
