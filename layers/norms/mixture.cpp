// Several norms side by side, mixed by learned weights: Σ pᵢ normᵢ(x) with p the softmax of one
// logit a norm. Norma's own; the mixing is that of Luo et al. 2018, "Differentiable
// Learning-to-Normalize via Switchable Normalization", arXiv:1806.10779, of outputs instead of
// moments, so that norms of any kind can take part.
#include "layers/norms/several_norms.h"
#include "layers/norms/share.h"

namespace norma {
namespace {

class Mixture final : public ComposedNorm {
 public:
  struct Options : SeveralNorms {
    Options() {
      const Spec standardized{"layer_norm"}, scaled{"rms_norm"};
      norms = {standardized, scaled};
    }
    void describe(Fields& f) { describe_norms(f, "the norms to mix"); }
  };
  static NormDefinition traits(const Options& options) { return options.traits(); }
  Mixture(const Scope& scope, const Options& options, int64_t channels, bool affine)
      : ComposedNorm(scope, "mixture", traits(options), channels),
        norms_(options.make(scope, channels, affine)),
        logits_(scope.param("logits", {static_cast<int64_t>(norms_.size())}, ParamKind::kScalar,
                            Init::constant(0))) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Tensor p = softmax(logits_.value);
    Var sum;
    for (int64_t i = 0; i < p.numel(); ++i)
      sum = add_share(ctx, sum, (*norms_[static_cast<size_t>(i)])(ctx, x), {logits_, p, i},
                      mask_for(ctx, x.shape()));
    return sum;
  }

 private:
  std::vector<std::unique_ptr<Norm>> norms_;
  Param& logits_;
};

const RegisterComposedNorm<Mixture> registered_mixture("mixture",
                                                       "Σ pᵢ normᵢ(x), p = softmax(logits)", "");

}  // namespace
}  // namespace norma
