// x + λ ⊙ F(N(x)): every channel of a branch has a gain that starts near 0. Touvron et al. 2021
// (CaiT), arXiv:2103.17239.
#include "layers/residual/gained_add.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

class LayerScale final : public SublayerPlacement {
 public:
  struct Options {
    double initial = 1e-5;
    void describe(Fields& f) { f.number("initial", initial, "initial value of the gains λ"); }
  };
  LayerScale(const Options& options, const SublayerSite& site)
      : SublayerPlacement(site),
        norm_(site.make_norm()),
        gain_(site.block.param(site.name + "_scale", {site.width}, ParamKind::kGain,
                               Init::constant(options.initial))) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const auto [sum, y] = norm_->on_stream(ctx, stream);
    const Tensor dropped = drop(ctx, y);
    return resolved(gained_add(ctx, sum.base, sublayer(ctx, y), gain_, dropped));
  }

 private:
  std::unique_ptr<Norm> norm_;
  Param& gain_;
};

// The gains see to a small start already.
Recipe layer_scale_recipe(const LayerScale::Options&, const Stack& stack) {
  return {.init = InitialDeviations::all(stack.init_std)};
}

const RegisterPlacement<LayerScale> registered_layer_scale(
    "layer_scale", "x + λ ⊙ F(N(x)), λ starting near 0",
    "Touvron et al. 2021 (CaiT), arXiv:2103.17239", layer_scale_recipe);

}  // namespace
}  // namespace norma
