#pragma once

#include <string>
#include <tuple>
#include <type_traits>

#include "layers/norms/affine.h"
#include "layers/norms/convention.h"
#include "layers/norms/norm.h"

namespace norma {

// γ (x − mean)/σ + β, and how it is differentiated.
struct StandardMap {
  static auto map(auto, auto u, auto rstd, auto weight, auto bias) {
    return u * rstd * weight + bias;
  }
  static auto pullback(auto dy, auto, auto u, auto rstd, auto weight, auto) {
    const auto dy_u = dy * u;
    return std::tuple(kZero, dy * (rstd * weight), dy_u * weight, dy_u * rstd, dy);
  }
};

// γ (x − mean)/√(var + ε) + β under PyTorch's options: what batch, instance and group norm share. A
// norm adds who shares the statistic.
struct Standardized : AffinePair, StandardMap {
  double eps = 1e-5;
  bool unbiased = false;
  void describe_eps(Fields& f) {
    f.number("eps", eps, "added to the variance", {.min = 0});
    f.flag("unbiased", unbiased, "normalize by the variance that divides by n − 1 instead of n");
  }

  static constexpr int kStats = 1;
  static constexpr bool kCentred = true;
  auto table(const auto& m) const { return rsqrt(variance_of(m, unbiased) + eps); }
  // Of a single value 0, biased or not.
  static auto variance_of(const auto& m, bool unbiased) {
    return m.m2 / max(m.n - (unbiased ? 1.0 : 0.0), std::remove_cvref_t<decltype(m.n)>(1.0));
  }
  auto given(auto variance) const { return rsqrt(variance + eps); }
};

// The same with running statistics for eval.
struct TrackedStandardized : Standardized {
  Running tracking;
  bool unbiased_running_var = true;
  void describe_tracked(Fields& f) {
    describe_eps(f);
    tracking.describe(f);
    f.flag("unbiased_running_var", unbiased_running_var,
           "track the variance that divides by n − 1 instead of n");
    describe_affine(f);
  }
  void track_biased(double momentum) {
    tracking.momentum = momentum;
    unbiased_running_var = false;
  }
  Running running() const { return tracking; }
  auto tracked(const auto& m) const { return variance_of(m, unbiased_running_var); }
};

// The same over the batch, under the conventions of several libraries.
template <class F>
struct BatchStandardized : TrackedStandardized {
  std::string convention = "torch";
  // Keras and Flax say the weight of the old value, 0.99, where `momentum` is that of the new one.
  static constexpr auto conventions() {
    using Set = Convention<F>;
    return std::array{Set{"torch", [](F&) {}},
                      Set{"keras",
                          [](F& o) {
                            o.eps = 1e-3;
                            o.track_biased(0.01);
                          }},
                      Set{"flax", [](F& o) { o.track_biased(0.01); }}};
  }
  void describe_batch(Fields& f) {
    describe_convention(f, static_cast<F&>(*this));
    describe_tracked(f);
  }
};

}  // namespace norma
