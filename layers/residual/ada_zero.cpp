// x + g ⊙ F(N(x)(1 + s) + b) with shift b, scale s and gate g a linear map of a vector of the whole
// sequence, which starts at 0, so that every block starts as the identity: adaLN-Zero. Peebles, Xie
// 2023, "Scalable Diffusion Models with Transformers", arXiv:2212.09748. N is the site's norm
// without its learned γ and β. The final norm keeps its own; the paper modulates that one, too.
#include "layers/conditional/ada_modulation.h"
#include "layers/conditional/conditioning_vector.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

// State: `attn_modulation.*`, `ffn_modulation.*`, see AdaModulation. The conditioning vector is as
// wide as the stream.
class AdaZero final : public SublayerPlacement {
 public:
  AdaZero(const Options&, const SublayerSite& site)
      : SublayerPlacement(site),
        norm_(site.make_norm("_norm", false)),
        modulation_(site.block / (site.name + "_modulation"),
                    {.cond = site.width, .channels = site.width}) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const auto [sum, y] = norm_->on_stream(ctx, stream);
    const Tensor dropped = drop(ctx, y);
    const Var m = modulation_.of(ctx, conditioning_vector(ctx, "ada_zero", y));
    const Var branch = sublayer(ctx, modulation_.modulated(ctx, y, m));
    return add_branch(ctx, sum, modulation_.gated(ctx, branch, m), 1, dropped);
  }

 private:
  std::unique_ptr<Norm> norm_;
  AdaModulation modulation_;
};

// The gates see to a small start already.
Recipe ada_zero_recipe(const AdaZero::Options&, const Stack& stack) {
  return {.init = InitialDeviations::all(stack.init_std), .condition = true};
}

const RegisterPlacement<AdaZero> registered_ada_zero(
    "ada_zero", "x + g ⊙ F(N(x)(1 + s) + b), (b, s, g) = Linear(SiLU(cond)) from 0",
    "Peebles, Xie 2023 (DiT), arXiv:2212.09748", ada_zero_recipe);

}  // namespace
}  // namespace norma
