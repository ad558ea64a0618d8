// Instance normalization: every channel of every sample is standardized over its positions.
// Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022; defaults and running statistics as PyTorch.
#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct InstanceNorm : AffinePair {
  double eps = 1e-5;
  Running tracking{.track = false};
  InstanceNorm() { affine = false; }
  void describe(Fields& f) {
    f.number("eps", eps, "added to the variance", {.min = 0});
    f.maybe_number(
        "momentum", tracking.momentum,
        "weight of the new value in the running statistics; null: the mean over all steps",
        {.min = 0, .max = 1});
    f.flag("track_running_stats", tracking.track, "keep running statistics and use them in eval");
    describe_affine(f);
  }
  Running running() const { return tracking; }

  static constexpr int kStats = 1;
  static constexpr bool kCentred = true;
  static constexpr Domain domain() { return Domain::sample_channel(); }
  auto table(const auto& m) const { return rsqrt(m.variance() + eps); }
  static auto map(auto, auto u, auto rstd, auto weight, auto bias) {
    return u * rstd * weight + bias;
  }
};

const RegisterNorm<InstanceNorm> registered(
    "instance_norm", "γ (x − mean)/√(var + ε) + β over the positions of a channel",
    "Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022");

}  // namespace
}  // namespace norma
