// Two sums: x ← N(x + F(x)), which every branch reads, and beside it d ← d + F(x), which no norm
// resets on its way; the model ends in x + N(d). Xie et al. 2023 (ResiDual), arXiv:2304.14802.
#include "layers/residual/placement.h"

namespace norma {
namespace {

class ResIDual final : public SublayerPlacement {
 public:
  ResIDual(const Options&, const SublayerSite& site)
      : SublayerPlacement(site), norm_(site.make_norm()) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const Var x = resolve(ctx, stream);
    const Tensor dropped = drop(ctx, x);
    const Var branch = sublayer(ctx, x);
    const Stream sum = add_branch(ctx, resolved(x), branch, 1, dropped);
    Stream both = resolved(norm_->on_stream(ctx, sum).second);
    const Var& beside = stream.second.value.defined() ? stream.second : x;
    both.second = resolve(ctx, Stream{.base = beside, .branch = branch, .drop = dropped});
    return both;
  }

 private:
  std::unique_ptr<Norm> norm_;
};

Recipe res_i_dual_recipe(const ResIDual::Options&, const Stack& stack) {
  return {.init = InitialDeviations::depth_scaled(stack)};
}

const RegisterPlacement<ResIDual> registered_res_i_dual(
    "res_i_dual", "N(x + F(x)), and the plain sum beside it to the end",
    "Xie et al. 2023 (ResiDual), arXiv:2304.14802", res_i_dual_recipe);

}  // namespace
}  // namespace norma
