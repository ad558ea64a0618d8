// x + F(N(x)/√l) in block number l, from 1: the variance of the stream no longer grows so fast that
// deep blocks do next to nothing. Sun et al. 2025, arXiv:2502.05795.
#include "layers/elementwise.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

class LayerNormScaling final : public SublayerPlacement {
 public:
  LayerNormScaling(const Options&, const SublayerSite& site)
      : SublayerPlacement(site),
        norm_(site.make_norm()),
        factor_(1 / std::sqrt(static_cast<double>(site.layer + 1))) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const auto [sum, y] = norm_->on_stream(ctx, stream);
    const Tensor dropped = drop(ctx, y);
    const Var scaled = factor_ == 1 ? y : scale(ctx, y, factor_);
    return add_branch(ctx, sum, sublayer(ctx, scaled), 1, dropped);
  }

 private:
  std::unique_ptr<Norm> norm_;
  double factor_;
};

// Output projections that start smaller with depth would damp deep blocks a second time.
Recipe layer_norm_scaling_recipe(const LayerNormScaling::Options&, const Stack& stack) {
  return {.init = InitialDeviations::all(stack.init_std), .damps_depth = true};
}

const RegisterPlacement<LayerNormScaling> registered_layer_norm_scaling(
    "layer_norm_scaling", "x + F(N(x)/√l) in block number l", "Sun et al. 2025, arXiv:2502.05795",
    layer_norm_scaling_recipe);

}  // namespace
}  // namespace norma
