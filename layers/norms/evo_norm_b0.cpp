// EvoNorm-B0: x over the larger of two deviations, the batch's and the sample's plus vx, which
// takes the place of normalization and activation. Liu, Brock, Simonyan, Le 2020, "Evolving
// Normalization-Activation Layers", arXiv:2004.02967; ε and the unbiased running variance as timm.
#include "layers/norms/joint_norm.h"

namespace norma {
namespace {

struct EvoNormB0 {
  double eps = 1e-3;
  Running tracking;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the variances", {.min = 0});
    tracking.describe(f);
  }
  Running running() const { return tracking; }

  static constexpr std::array kParams{gain(), offset(), gain("v")};
  static constexpr std::array<TableParam, 0> kMixing{};
  static constexpr int kStats = 2;
  static constexpr bool kCentred = true;
  static constexpr Domain domain() { return Domain::sample_channel(); }
  auto mix(const auto& m) const {
    return std::array{sqrt(m.batch.variance() + eps), sqrt(m.instance.variance() + eps)};
  }
  static auto map(auto x, auto, auto of_batch, auto of_sample, auto weight, auto bias, auto v) {
    return x / max(of_batch, x * v + of_sample) * weight + bias;
  }
};

const RegisterJointNorm<EvoNormB0> registered_evo_norm_b0(
    "evo_norm_b0", "γ x/max(√(var of batch + ε), vx + √(var of sample + ε)) + β",
    "Liu et al. 2020, arXiv:2004.02967; as timm");

}  // namespace
}  // namespace norma
