#pragma once

#include "core/kernels/simd.h"
#include "core/kernels/vmath.h"

// Forward-mode differentiation. A Dual carries a number and its slope along one direction, and
// every function below applies its rule to both. A formula written as a template over its number
// type, computed with Dual<R>, yields its exact derivative beside its value:
//
//   Dual<float> y = formula(Dual<float>(x, 1));   // y.value = f(x), y.slope = f'(x)
//
// To differentiate by one of several arguments, pass the others as plain R: the mixed operations
// have shorter rules, so no time goes into slopes known to be zero.
//
// Where a function has a corner the slope is PyTorch's: max and min share it half and half between
// equal operands; clamp passes it on the closed interval; relu and abs have slope 0 at 0.
namespace norma::math {

template <class R>
struct Dual {
  R value;
  R slope;

  Dual() = default;
  Dual(R v, R s) : value(v), slope(s) {}
  Dual(R constant) : value(constant), slope(R(0)) {}
  // Explicit, as otherwise `x * 0.5` could mean Dual · Dual and Dual · R.
  template <class A>
  requires(std::is_arithmetic_v<A> && !std::is_same_v<A, R>) explicit Dual(A constant)
      : value(R(constant)), slope(R(0)) {}

  friend Dual operator-(Dual a) { return {-a.value, -a.slope}; }

  friend Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
  friend Dual operator+(Dual a, R b) { return {a.value + b, a.slope}; }
  friend Dual operator+(R a, Dual b) { return {a + b.value, b.slope}; }

  friend Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
  friend Dual operator-(Dual a, R b) { return {a.value - b, a.slope}; }
  friend Dual operator-(R a, Dual b) { return {a - b.value, -b.slope}; }

  friend Dual operator*(Dual a, Dual b) {
    return {a.value * b.value, a.slope * b.value + a.value * b.slope};
  }
  friend Dual operator*(Dual a, R b) { return {a.value * b, a.slope * b}; }
  friend Dual operator*(R a, Dual b) { return {a * b.value, a * b.slope}; }

  friend Dual operator/(Dual a, Dual b) {
    const R quotient = a.value / b.value;
    return {quotient, (a.slope - quotient * b.slope) / b.value};
  }
  friend Dual operator/(Dual a, R b) { return {a.value / b, a.slope / b}; }
  friend Dual operator/(R a, Dual b) {
    const R quotient = a / b.value;
    return {quotient, -quotient * b.slope / b.value};
  }

  Dual& operator+=(Dual b) { return *this = *this + b; }
  Dual& operator-=(Dual b) { return *this = *this - b; }
  Dual& operator*=(Dual b) { return *this = *this * b; }
  Dual& operator/=(Dual b) { return *this = *this / b; }

// Comparisons look at values alone.
#define NORMA_COMPARE_VALUES(op)                                         \
  friend auto operator op(Dual a, Dual b) { return a.value op b.value; } \
  friend auto operator op(Dual a, R b) { return a.value op b; }          \
  friend auto operator op(R a, Dual b) { return a op b.value; }
  NORMA_COMPARE_VALUES(<)
  NORMA_COMPARE_VALUES(<=)
  NORMA_COMPARE_VALUES(>)
  NORMA_COMPARE_VALUES(>=)
  NORMA_COMPARE_VALUES(==)
  NORMA_COMPARE_VALUES(!=)
#undef NORMA_COMPARE_VALUES

  friend Dual select(MaskOf<R> mask, Dual a, Dual b) {
    return {select(mask, a.value, b.value), select(mask, a.slope, b.slope)};
  }
  friend Dual max(Dual a, Dual b) {
    const R tie = (a.slope + b.slope) * R(0.5);
    const R slope = select(a == b, tie, select(a > b, a.slope, b.slope));
    return {max(a.value, b.value), slope};
  }
  friend Dual min(Dual a, Dual b) {
    const R tie = (a.slope + b.slope) * R(0.5);
    const R slope = select(a == b, tie, select(a < b, a.slope, b.slope));
    return {min(a.value, b.value), slope};
  }
  friend Dual clamp(Dual x, Dual low, Dual high) {
    const R slope = select(x < low, low.slope, select(x > high, high.slope, x.slope));
    return {clamp(x.value, low.value, high.value), slope};
  }
  friend Dual abs(Dual x) {
    const R slope = select(x.value > R(0), x.slope, select(x.value < R(0), -x.slope, R(0)));
    return {abs(x.value), slope};
  }

  friend Dual sqrt(Dual x) {
    const R root = sqrt(x.value);
    return {root, x.slope * R(0.5) / root};
  }
  friend Dual rsqrt(Dual x) {
    const R r = rsqrt(x.value);
    return {r, x.slope * R(-0.5) * (r * r * r)};
  }
  friend Dual exp(Dual x) {
    const R e = exp(x.value);
    return {e, x.slope * e};
  }
  friend Dual expm1(Dual x) { return {expm1(x.value), x.slope * exp(x.value)}; }
  friend Dual log(Dual x) { return {log(x.value), x.slope / x.value}; }
  friend Dual log1p(Dual x) { return {log1p(x.value), x.slope / (R(1) + x.value)}; }
  friend Dual tanh(Dual x) {
    const R t = tanh(x.value);
    return {t, x.slope * (R(1) - t * t)};
  }
  friend Dual erf(Dual x) { return {erf(x.value), x.slope * erf_slope(x.value)}; }
  friend Dual sigmoid(Dual x) {
    const R s = sigmoid(x.value);
    return {s, x.slope * s * (R(1) - s)};
  }
  friend Dual softplus(Dual x) { return {softplus(x.value), x.slope * sigmoid(x.value)}; }
  friend Dual atan(Dual x) { return {atan(x.value), x.slope / (R(1) + x.value * x.value)}; }
  friend Dual sin(Dual x) { return {sin(x.value), x.slope * cos(x.value)}; }
  friend Dual cos(Dual x) { return {cos(x.value), -x.slope * sin(x.value)}; }
};

template <class R>
struct NumberTraits<Dual<R>> {
  using Scalar = ScalarOf<R>;
  using Mask = MaskOf<R>;
};

}  // namespace norma::math
