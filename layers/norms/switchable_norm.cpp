// Switchable normalization: means and variances that are learned mixtures of those of the sample's
// channel, the sample and the batch. Luo, Ren, Peng, Zhang, Li 2018, "Differentiable
// Learning-to-Normalize via Switchable Normalization", arXiv:1806.10779; the unbiased variance of
// the sample's channel and running statistics that start at 0 as its repository.
#include "layers/norms/affine.h"
#include "layers/norms/joint_norm.h"

namespace norma {
namespace {

// Σ softmax(logits)·parts.
template <class R>
R mixed(const R* logits, R a, R b, R c) {
  const R most = max(max(logits[0], logits[1]), logits[2]);
  const R p = exp(logits[0] - most), q = exp(logits[1] - most), r = exp(logits[2] - most);
  return (p * a + q * b + r * c) / (p + q + r);
}

struct SwitchableNorm : AffinePair {
  double eps = 1e-5;
  Running tracking{.start = 0};
  void describe(Fields& f) {
    f.number("eps", eps, "added to the variance", {.min = 0});
    tracking.describe(f);
    describe_affine(f);
  }
  Running running() const { return tracking; }

  static constexpr std::array kMixing{TableParam{"mean_weight", 3, 1.0},
                                      TableParam{"var_weight", 3, 1.0}};
  static constexpr bool kUnbiased = true;
  static constexpr int kStats = 2;
  static constexpr bool kCentred = true;
  static constexpr Domain domain() { return Domain::sample_channel(); }
  // How far the mixed mean is from the channel's own, and 1/deviation.
  auto mix(const auto& m) const {
    using R = std::remove_cvref_t<decltype(m.pooled)>;
    const R* const logits = m.learned.data();
    const R shift =
        mixed(logits, R(0.0), m.instance.mean - m.layer.mean, m.instance.mean - m.batch.mean);
    const R variance =
        mixed(logits + 3, m.instance.variance(), m.layer.variance(), m.batch.variance());
    return std::array{shift, rsqrt(variance + eps)};
  }
  static auto map(auto, auto u, auto shift, auto rstd, auto weight, auto bias) {
    return (u + shift) * rstd * weight + bias;
  }
};

const RegisterJointNorm<SwitchableNorm> registered_switchable_norm(
    "switchable_norm", "γ (x − mean)/√(var + ε) + β, mean and var mixed of three domains",
    "Luo et al. 2018, arXiv:1806.10779");

}  // namespace
}  // namespace norma
