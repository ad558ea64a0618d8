// Adaptive layer normalization: norm(x)·(1 + s) + b with shift b and scale s a linear map of the
// conditioning vector. With a branch F it is adaLN-Zero: x + g·F(norm(x)·(1 + s) + b), whose gate g
// starts at 0, so that the layer starts as the identity. Peebles, Xie 2023, "Scalable Diffusion
// Models with Transformers", arXiv:2212.09748; ε and the order (b, s, g) as its repository.
#include "layers/conditional/ada_modulation.h"
#include "layers/conditional/conditional_norm.h"

namespace norma {
namespace {

// State: `modulation.weight` (2C or, with a branch, 3C; D) and `modulation.bias`; `norm.…`,
// `branch.…`.
class AdaLayerNorm final : public ConditionalNorm {
 public:
  struct Options {
    Spec norm{"layer_norm"};
    Spec branch;
    bool zero = true;
    Options() { norm = with_option(norm, "eps", 1e-6); }
    void describe(Fields& f) {
      describe_norm(f, norm);
      f.spec("branch", branch, layer_registry(), "the layer between norm and gate; null = no gate");
      f.flag("zero", zero, "start the linear map at 0, so that the condition has no say at first");
    }
  };
  AdaLayerNorm(const Scope& scope, const Options& options, const LayerInput& input)
      : ConditionalNorm(scope, "ada_layer_norm", options.norm, input),
        modulation_(scope / "modulation", {.cond = cond_width("ada_layer_norm", input),
                                           .channels = channels(),
                                           .gate = static_cast<bool>(options.branch),
                                           .zero = options.zero}) {
    if (options.branch) branch_ = make_layer(scope / "branch", options.branch, {input.shape});
  }

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Var m = modulation_.of(ctx, cond(ctx, x));
    const Var y = modulation_.modulated(ctx, normalized(ctx, x), m);
    if (!branch_) return y;
    const Var gated = modulation_.gated(ctx, (*branch_)(ctx, y), m);
    return resolve(ctx, add_branch(ctx, resolved(x), gated));
  }

 private:
  AdaModulation modulation_;
  std::unique_ptr<Module> branch_;
};

const RegisterLayer<AdaLayerNorm> registered_ada_layer_norm(
    "ada_layer_norm", "norm(x)(1 + s) + b, (b, s) = Linear(SiLU(cond)); with a branch, gated",
    "Peebles, Xie 2023, arXiv:2212.09748");

}  // namespace
}  // namespace norma
