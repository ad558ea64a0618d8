// Lp batch normalization: batch norm whose deviation is (mean |x − mean|^p)^(1/p), scaled so that
// it is the standard deviation where channels are normal: √(π/2) for p = 1. Hoffer, Banner, Golan,
// Soudry 2018, arXiv:1803.01814; ε is added to the deviation as in eladhoffer/norm_matters. What is
// tracked is the scaled deviation (norm_matters tracks its inverse).
#include <cmath>
#include <numbers>

#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct LpBatchNorm : AffinePair {
  double eps = 1e-5;
  int64_t p = 1;
  Running tracking{.second = "running_deviation"};
  void describe(Fields& f) {
    f.number("eps", eps, "added to the deviation", {.min = 0});
    f.integer("p", p, "power of the deviation", {.min = 1, .max = 4});
    tracking.describe(f);
    describe_affine(f);
  }
  Running running() const { return tracking; }
  void learned(std::vector<NormParam>& params) const {
    AffinePair::learned(params);
    params[2].leave_out(static_cast<double>(p));
  }
  // (E|z|^p)^(−1/p) of a normal z.
  double normal_scale() const {
    const auto power = static_cast<double>(p);
    return std::pow(std::sqrt(std::numbers::pi) / std::tgamma((power + 1) / 2), 1 / power) /
           std::numbers::sqrt2;
  }

  static constexpr std::array kParams{gain(), offset(), scalar("p", 1)};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = true;
  static constexpr Domain domain() { return Domain::channel(); }
  // |u|^p for p = 1 … 4.
  static auto deviation(auto u, auto, auto, auto power) {
    using U = decltype(u);
    const U size = abs(u), square = u * u;
    const U odd = select(power > 2, square, decltype(power)(1)) * size;
    return select(power == 2, square, select(power == 4, square * square, odd));
  }
  auto tracked(const auto& m) const {
    const auto mean = m.m2 / m.n;
    return normal_scale() * select(mean > 0, exp(log(mean) / static_cast<double>(p)), mean);
  }
  auto table(const auto& m) const { return 1 / (tracked(m) + eps); }
  auto given(auto deviation) const { return 1 / (deviation + eps); }
  static auto map(auto, auto u, auto scale, auto weight, auto bias, auto) {
    return u * scale * weight + bias;
  }
};

const RegisterNorm<LpBatchNorm> registered_lp_batch_norm(
    "lp_batch_norm", "γ (x − mean)/(c·(mean |x − mean|^p)^(1/p) + ε) + β over the batch",
    "Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814");

}  // namespace
}  // namespace norma
