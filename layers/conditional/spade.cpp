// Spatially-adaptive normalization: norm(x)·(1 + γ) + β with γ and β at every pixel, convolved out
// of a segmentation map. Park, Liu, Wang, Zhu 2019, "Semantic Image Synthesis with
// Spatially-Adaptive Normalization", arXiv:1903.07291; sizes and names as its repository.
#include "layers/activation.h"
#include "layers/conditional/conditional_norm.h"
#include "layers/conditional/modulate.h"
#include "layers/conditional/resize.h"
#include "layers/conv2d.h"
#include "layers/elementwise.h"

namespace norma {
namespace {

// x (B,H,W,C) and `ctx.segmentation` (B,H',W',S), resized to H·W. State: `mlp_shared`, `mlp_gamma`
// and `mlp_beta`, each with weight and bias; `norm.…`.
class Spade final : public ConditionalNorm {
 public:
  struct Options {
    Spec norm{"batch_norm"};
    int64_t hidden = 128, kernel = 3;
    void describe(Fields& f) {
      describe_norm(f, norm);
      f.integer("hidden", hidden, "channels of the convolution that gain and offset share",
                {.min = 1});
      f.integer("kernel", kernel, "height and width of the convolutions", {.min = 1});
      f.rule(kernel % 2 == 1, "kernel", "an odd number, so that the size stays");
    }
  };
  Spade(const Scope& scope, const Options& options, const LayerInput& input)
      : ConditionalNorm(scope, "spade", options.norm, input),
        shared_(scope / "mlp_shared", same_size(options, options.hidden), labels(input)),
        gamma_(scope / "mlp_gamma", same_size(options, channels()), options.hidden),
        beta_(scope / "mlp_beta", same_size(options, channels()), options.hidden) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Var& map = ctx.segmentation;
    if (x.shape().rank() != 4 || !map.value || map.shape()[0] != x.shape()[0])
      throw Error(place() +
                  "expects an image (B,H,W,C) and a segmentation map of each sample, found " +
                  x.shape().str() + " and " + (map.value ? map.shape().str() : "none"));
    // Convolutions would let padding reach its neighbours.
    const Var labels = zero_padding(ctx, resize_nearest(ctx, map, x.shape()[1], x.shape()[2]));
    const Var hidden = zero_padding(ctx, activation(ctx, Activation::kRelu, shared_(ctx, labels)));
    const Var gamma = gamma_(ctx, hidden), beta = beta_(ctx, hidden);
    return modulate(ctx, normalized(ctx, x), 1, {&gamma}, {&beta});
  }

 private:
  static Conv2d::Options same_size(const Options& options, int64_t out) {
    return {.out = out, .kernel = options.kernel, .padding = options.kernel / 2};
  }
  static int64_t labels(const LayerInput& input) {
    if (input.segmentation.rank() == 4) return input.segmentation.back();
    throw Error("[spade] needs a segmentation map `segmentation` (B,H,W,S)");
  }
  Conv2d shared_, gamma_, beta_;
};

const RegisterLayer<Spade> registered_spade(
    "spade", "norm(x)(1 + γ) + β, γ and β convolved out of a segmentation",
    "Park et al. 2019, arXiv:1903.07291");

}  // namespace
}  // namespace norma
