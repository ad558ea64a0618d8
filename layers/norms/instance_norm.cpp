// Instance normalization: every channel of every sample is standardized over its positions.
// Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022; defaults and running statistics as PyTorch.
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct InstanceNorm : TrackedStandardized {
  InstanceNorm() { affine = tracking.track = false; }
  void describe(Fields& f) { describe_tracked(f); }
  static constexpr Domain domain() { return Domain::sample_channel(); }
};

const RegisterNorm<InstanceNorm> registered(
    "instance_norm", "γ (x − mean)/√(var + ε) + β over the positions of a channel",
    "Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022");

}  // namespace
}  // namespace norma
