// x + αF(x) without any norm, one scalar α for both branches of a block, 0 at the start.
// Bachlechner et al. 2020 (ReZero), arXiv:2003.04887.
#include "layers/residual/gained_branch.h"

namespace norma {
namespace {

class ReZero final : public Placement {
 public:
  using Options = SublayerPlacement::Options;
  ReZero(const Options&, const BlockSite& site)
      : alpha_(site.block.param("alpha", {1}, ParamKind::kScalar, Init::constant(0))),
        attention_(SublayerSite(site, "attn"), alpha_),
        ffn_(SublayerSite(site, "ffn"), alpha_) {}
  Stream join(Context& ctx, const Stream& stream, Sublayer attention, Sublayer ffn) override {
    return ffn_(ctx, attention_(ctx, stream, attention), ffn);
  }

 private:
  Param& alpha_;
  GainedBranch attention_, ffn_;
};

Recipe re_zero_recipe(const ReZero::Options&, const Stack& stack) {
  return {
      .init = InitialDeviations::all(stack.init_std), .block_norms = false, .final_norm = false};
}

const RegisterPlacement<ReZero> registered_re_zero("re_zero",
                                                   "x + αF(x), a scalar α a block; no norm",
                                                   "Bachlechner et al. 2020, arXiv:2003.04887",
                                                   re_zero_recipe);

}  // namespace
}  // namespace norma
