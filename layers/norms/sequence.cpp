// Several norms, each applied to what the one before it gives. Norma's own.
#include "layers/norms/several_norms.h"

namespace norma {
namespace {

class Sequence final : public ComposedNorm {
 public:
  struct Options : SeveralNorms {
    Options() {
      const Spec scale{"rms_norm"}, bound{"dyt"};
      norms = {scale, bound};
    }
    void describe(Fields& f) { describe_norms(f, "the norms, first to last"); }
  };
  static NormDefinition traits(const Options& options) {
    NormDefinition all = options.traits();
    const Spec& first = options.norms.front();  // the only one that sees the input itself
    all.bounded = norm_registry().at(first.type).define(first).bounded;
    return all;
  }
  Sequence(const Scope& scope, const Options& options, int64_t channels, bool affine)
      : ComposedNorm(scope, "sequence", traits(options), channels),
        norms_(options.make(scope, channels, affine)) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    Var y = x;
    for (const auto& norm : norms_) y = (*norm)(ctx, y);
    return y;
  }

 private:
  std::vector<std::unique_ptr<Norm>> norms_;
};

const RegisterComposedNorm<Sequence> registered_sequence("sequence", "norms one after the other",
                                                         "");

}  // namespace
}  // namespace norma
