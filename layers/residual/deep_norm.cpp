// N(αx + F(x)), α = (2·layers)^¼, with branches that start small: a post-norm whose updates stay
// bounded at any depth. Wang et al. 2022 (DeepNet), arXiv:2203.00555, for a stack that is only an
// encoder or only a decoder.
#include "layers/dropout.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

class DeepNorm final : public SublayerPlacement {
 public:
  DeepNorm(const Options&, const SublayerSite& site)
      : SublayerPlacement(site),
        norm_(site.make_norm()),
        alpha_(std::pow(2.0 * static_cast<double>(site.layers), 0.25)) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const Var x = resolve(ctx, stream);
    const Var branch = stochastic_depth(ctx, sublayer(ctx, x), drop_path());
    // A pending sum scales its second term: here x is that one.
    const Stream sum{.base = branch, .branch = x, .scale = alpha_, .drop = {}};
    return resolved(norm_->on_stream(ctx, sum).second);
  }

 private:
  std::unique_ptr<Norm> norm_;
  double alpha_;
};

// β = (8·layers)^−¼.
Recipe recipe(const DeepNorm::Options&, const Stack& stack) {
  const double beta = std::pow(8.0 * static_cast<double>(stack.layers), -0.25);
  return {.init = InitialDeviations::gained(stack, beta),
          .final_norm = false,
          .single_stack = true,
          .damps_depth = true};
}

const RegisterPlacement<DeepNorm> registered("deep_norm", "N(αx + F(x)), α = (2·layers)^¼",
                                             "Wang et al. 2022 (DeepNet), arXiv:2203.00555",
                                             recipe);

}  // namespace
}  // namespace norma
