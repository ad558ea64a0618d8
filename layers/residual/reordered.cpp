// x + N(F(x)): the branch is normalized where it leaves, not where it enters. OLMo team 2024
// (OLMo 2), arXiv:2501.00656; first in Liu et al. 2021 (Swin v2), arXiv:2111.09883.
#include "layers/residual/placement.h"

namespace norma {
namespace {

class Reordered final : public SublayerPlacement {
 public:
  Reordered(const Options&, const SublayerSite& site)
      : SublayerPlacement(site), norm_(site.make_norm()) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const Var x = resolve(ctx, stream);
    const Tensor dropped = drop(ctx, x);
    return add_branch(ctx, resolved(x), (*norm_)(ctx, sublayer(ctx, x)), 1, dropped);
  }

 private:
  std::unique_ptr<Norm> norm_;
};

// A smaller start of the output projections would be undone by the norm behind them.
Recipe reordered_recipe(const Reordered::Options&, const Stack& stack) {
  return {.init = InitialDeviations::all(stack.init_std)};
}

const RegisterPlacement<Reordered> registered_reordered("reordered", "x + N(F(x))",
                                                        "OLMo team 2024 (OLMo 2), arXiv:2501.00656",
                                                        reordered_recipe);

}  // namespace
}  // namespace norma
