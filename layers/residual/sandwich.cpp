// x + N(F(N(x))): what enters a branch and what leaves it are both normalized. Kim et al. 2025
// (Peri-LN), arXiv:2502.02732; first in Ding et al. 2021 (CogView), arXiv:2105.13290.
#include "layers/residual/placement.h"

namespace norma {
namespace {

class Sandwich final : public SublayerPlacement {
 public:
  struct Options {
    bool embedding_norm = false;
    void describe(Fields& f) {
      f.flag("embedding_norm", embedding_norm, "also normalize what enters the first block");
    }
  };
  Sandwich(const Options&, const SublayerSite& site)
      : SublayerPlacement(site), norm_(site.make_norm()), out_norm_(site.make_norm("_out_norm")) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const auto [sum, y] = norm_->on_stream(ctx, stream);
    const Tensor dropped = drop(ctx, y);
    return add_branch(ctx, sum, (*out_norm_)(ctx, sublayer(ctx, y)), 1, dropped);
  }

 private:
  std::unique_ptr<Norm> norm_, out_norm_;
};

// A smaller start of the output projections would be undone by the norm behind them.
Recipe sandwich_recipe(const Sandwich::Options& options, const Stack& stack) {
  return {.init = InitialDeviations::all(stack.init_std), .embedding_norm = options.embedding_norm};
}

const RegisterPlacement<Sandwich> registered_sandwich("sandwich", "x + N(F(N(x)))",
                                                      "Kim et al. 2025 (Peri-LN), arXiv:2502.02732",
                                                      sandwich_recipe);

}  // namespace
}  // namespace norma
