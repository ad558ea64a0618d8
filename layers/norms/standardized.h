#pragma once

#include <tuple>

#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {

// γ (x − mean)/√(var + ε) + β under PyTorch's options: what batch, instance and group norm share. A
// norm adds who shares the statistic.
struct Standardized : AffinePair {
  double eps = 1e-5;
  bool unbiased = false;
  void describe_eps(Fields& f) {
    f.number("eps", eps, "added to the variance", {.min = 0});
    f.flag("unbiased", unbiased, "normalize by the variance that divides by n − 1 instead of n");
  }

  static constexpr int kStats = 1;
  static constexpr bool kCentred = true;
  auto table(const auto& m) const { return rsqrt(m.m2 / (m.n - (unbiased ? 1.0 : 0.0)) + eps); }
  auto given(auto variance) const { return rsqrt(variance + eps); }
  static auto map(auto, auto u, auto rstd, auto weight, auto bias) {
    return u * rstd * weight + bias;
  }
  static auto partials(auto, auto u, auto rstd, auto weight, auto) {
    return std::tuple(kZero, rstd * weight, u * weight, u * rstd, decltype(u)(1));
  }
};

// The same with running statistics for eval.
struct TrackedStandardized : Standardized {
  Running tracking;
  void describe_tracked(Fields& f) {
    describe_eps(f);
    tracking.describe(f);
    describe_affine(f);
  }
  Running running() const { return tracking; }
};

}  // namespace norma
