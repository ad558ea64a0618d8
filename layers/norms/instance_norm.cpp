// Instance normalization: every channel of every sample is standardized over its positions.
// Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022; defaults and running statistics as PyTorch.
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct InstanceNorm : TrackedStandardized {
  InstanceNorm() { affine = tracking.track = false; }
  std::string convention = "torch";
  // Flax has no running statistics here, Keras no layer: a group norm of groups of one.
  static constexpr auto conventions() {
    using Set = Convention<InstanceNorm>;
    return std::array{Set{"torch", [](InstanceNorm&) {}},
                      Set{"keras",
                          [](InstanceNorm& o) {
                            o.affine = true;
                            o.eps = 1e-3;
                          }},
                      Set{"flax", [](InstanceNorm& o) {
                            o.affine = true;
                            o.eps = 1e-6;
                          }}};
  }
  void describe(Fields& f) {
    describe_convention(f, *this);
    describe_tracked(f);
  }
  static constexpr Domain domain() { return Domain::sample_channel(); }
};

const RegisterNorm<InstanceNorm> registered_instance_norm(
    "instance_norm", "γ (x − mean)/√(var + ε) + β over the positions of a channel",
    "Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022");

}  // namespace
}  // namespace norma
