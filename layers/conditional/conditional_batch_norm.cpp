// Conditional batch normalization: norm(x)·(1 + W_g y) + W_b y, y the conditioning vector: a class,
// or a class and noise. De Vries et al. 2017, arXiv:1707.00683; in this form Brock, Donahue,
// Simonyan 2019, "Large Scale GAN Training", arXiv:1809.11096, and its repository.
#include "layers/conditional/conditional_norm.h"
#include "layers/conditional/modulate.h"
#include "layers/linear.h"

namespace norma {
namespace {

// State: `gain.weight` and `bias.weight` (C,D), `norm.…`.
class ConditionalBatchNorm final : public ConditionalNorm {
 public:
  struct Options {
    Spec norm{"batch_norm"};
    void describe(Fields& f) { describe_norm(f, norm); }
  };
  ConditionalBatchNorm(const Scope& scope, const Options& options, const LayerInput& input)
      : ConditionalNorm(scope, "conditional_batch_norm", options.norm, input),
        gain_(scope / "gain", cond_width("conditional_batch_norm", input), channels(), false),
        bias_(scope / "bias", cond_width("conditional_batch_norm", input), channels(), false) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Var gain = gain_(ctx, cond(ctx, x)), bias = bias_(ctx, cond(ctx, x));
    return modulate(ctx, normalized(ctx, x), 1, {&gain}, {&bias});
  }

 private:
  Linear gain_, bias_;
};

const RegisterLayer<ConditionalBatchNorm> registered_conditional_batch_norm(
    "conditional_batch_norm", "norm(x)(1 + W_g cond) + W_b cond",
    "Brock et al. 2019, arXiv:1809.11096");

}  // namespace
}  // namespace norma
