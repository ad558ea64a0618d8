#pragma once

#include <array>
#include <tuple>
#include <vector>

#include "layers/norms/affine.h"
#include "layers/norms/formula.h"

namespace norma {

// A bounded curve f in the place of a norm: γ f(αx + s) + β, with one α and one s a layer. The
// form, the names of the parameters and their initial values are those of Chen, Lu, Zhu, Sun, Liu
// 2025, "Stronger Normalization-Free Transformers", arXiv:2512.10938.
//
// A curve is a struct with of(z), written for every number type. Where dual numbers would lose
// digits in the tails it also gives its slope(z) by hand.
template <class Curve>
struct Pointwise : Affine {
  double alpha = 0.5, shift = 0;
  void describe(Fields& f) {
    f.number("alpha", alpha, "initial value of the learned slope α");
    f.number("shift", shift, "initial value of the learned shift s");
    describe_affine(f);
  }
  void learned(std::vector<NormParam>& params) const {
    Affine::learned(params);
    params[2].initial = alpha;
    params[3].initial = shift;
  }

  static constexpr std::array kParams{gain(), offset(), scalar("alpha", 0.5), scalar("shift", 0.0)};
  static constexpr int kStats = 0;
  static constexpr bool kCentred = false;
  static constexpr bool kBounded = true;
  static constexpr Domain domain() { return Domain::none(); }
  static auto map(auto x, auto, auto weight, auto bias, auto alpha, auto shift) {
    return Curve::of(x * alpha + shift) * weight + bias;
  }
  // The curve is differentiated once and shared by all arguments.
  static auto pullback(auto dy, auto x, auto, auto weight, auto, auto alpha, auto shift) {
    const auto z = x * alpha + shift;
    const auto dz = dy * weight * slope_at(z);
    return std::tuple(dz * alpha, kZero, dy * Curve::of(z), dy, dz * x, dz);
  }

 private:
  template <class V>
  static V slope_at(V z) {
    if constexpr (requires { Curve::slope(z); })
      return Curve::slope(z);
    else
      return Curve::of(math::Dual<V>(z, V(1))).slope;
  }
};

}  // namespace norma
