// Instance normalization: every channel of every sample is standardized over its positions.
// Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022; defaults and running statistics as PyTorch.
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct InstanceNorm : TrackedStandardized {
  bool unbiased = false;
  InstanceNorm() { affine = tracking.track = false; }
  void describe(Fields& f) {
    describe_tracked(f);
    f.flag("unbiased", unbiased, "divide by n − 1 in the variance instead of n");
    f.rule(!(unbiased && tracking.track), "unbiased", "false with `track_running_stats`");
  }
  static constexpr Domain domain() { return Domain::sample_channel(); }
  auto table(const auto& m) const { return rsqrt(m.m2 / (m.n - (unbiased ? 1.0 : 0.0)) + eps); }
};

const RegisterNorm<InstanceNorm> registered(
    "instance_norm", "γ (x − mean)/√(var + ε) + β over the positions of a channel",
    "Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022");

}  // namespace
}  // namespace norma
