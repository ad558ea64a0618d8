// N(αx + F(x)) with branches that start smaller by β: a post-norm whose updates stay bounded at any
// depth. Wang et al. 2022 (DeepNet), arXiv:2203.00555, the table of its figure 2. With L branches,
// two a block and three in a decoder that reads an encoder: α = L^¼, β = (4·L)^−¼, which is
// (2N)^¼, (8N)^−¼ for a stack of N blocks by itself and (3M)^¼, (12M)^−¼ for a decoder of M. The
// encoder that such a decoder reads has α = 0.81·(N⁴M)^(1/16), β = 0.87·(N⁴M)^(−1/16).
#include "layers/dropout.h"
#include "layers/residual/joins.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

// (N⁴M)^(1/16).
double root_of_both(const Stack& stack) {
  return std::pow(static_cast<double>(stack.layers), 0.25) *
         std::pow(static_cast<double>(stack.reader_layers), 0.0625);
}

double alpha(const Stack& stack) {
  return stack.reader_layers > 0 ? 0.81 * root_of_both(stack) : std::pow(stack.depth(), 0.25);
}

double beta(const Stack& stack) {
  return stack.reader_layers > 0 ? 0.87 / root_of_both(stack)
                                 : std::pow(4.0 * stack.depth(), -0.25);
}

class DeepNorm final : public SublayerPlacement {
 public:
  DeepNorm(const Options&, const SublayerSite& site)
      : SublayerPlacement(site), norm_(site.make_norm()), alpha_(alpha(site.stack)) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const Var x = resolve(ctx, stream);
    const Var branch = stochastic_depth(ctx, sublayer(ctx, x), drop_path());
    // A pending sum scales its second term: here x is that one.
    const Stream sum{.base = branch, .branch = x, .scale = alpha_, .drop = {}};
    show_join_to_scaled(ctx, sum);
    return resolved(norm_->on_stream(ctx, sum).second);
  }

 private:
  std::unique_ptr<Norm> norm_;
  double alpha_;
};

Recipe deep_norm_recipe(const DeepNorm::Options&, const Stack& stack) {
  return {.init = InitialDeviations::gained(stack, beta(stack)),
          .final_norm = false,
          .damps_depth = true};
}

const RegisterPlacement<DeepNorm> registered_deep_norm(
    "deep_norm", "N(αx + F(x)), α = branches^¼, two a block",
    "Wang et al. 2022 (DeepNet), arXiv:2203.00555", deep_norm_recipe);

}  // namespace
}  // namespace norma
