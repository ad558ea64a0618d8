// N(αx + F(N(x))): a post-norm whose shortcut is so strong that gradients reach the first block,
// with a norm inside the branch besides. Chen, Wei 2026 (Keel), arXiv:2601.19895: α is the number
// of sublayers of the stack. The paper was read in summaries alone; `alpha` sets another value.
#include "layers/dropout.h"
#include "layers/residual/joins.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

class Keel final : public SublayerPlacement {
 public:
  struct Options {
    std::optional<double> alpha;
    void describe(Fields& f) {
      f.maybe_number(
          "alpha", alpha,
          "factor α of the shortcut; null = the sublayers of the stack: 2 a block, 3 in a "
          "decoder that reads an encoder",
          {.above = 0});
    }
  };
  Keel(const Options& options, const SublayerSite& site)
      : SublayerPlacement(site),
        norm_(site.make_norm()),
        out_norm_(site.make_norm("_out_norm")),
        alpha_(options.alpha.value_or(site.stack.depth())) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const auto [sum, y] = norm_->on_stream(ctx, stream);
    const Var branch = stochastic_depth(ctx, sublayer(ctx, y), drop_path());
    // A pending sum scales its second term: here x is that one.
    const Stream both{.base = branch, .branch = sum.base, .scale = alpha_, .drop = {}};
    show_join_to_scaled(ctx, both);
    return resolved(out_norm_->on_stream(ctx, both).second);
  }

 private:
  std::unique_ptr<Norm> norm_, out_norm_;
  double alpha_;
};

Recipe keel_recipe(const Keel::Options&, const Stack& stack) {
  return {.init = InitialDeviations::all(stack.init_std), .final_norm = false};
}

const RegisterPlacement<Keel> registered_keel("keel", "N(αx + F(N(x))), α = sublayers of the stack",
                                              "Chen, Wei 2026, arXiv:2601.19895", keel_recipe);

}  // namespace
}  // namespace norma
