// x + (m·F(x + b) + c) without any norm: a scalar multiplier m that starts at 1, scalar biases b
// and c that start at 0; the last product of every branch starts at 0 and the others start smaller
// by L^(−1/(2m−2)) for L branches of m = 2 products (values and output; up and down). Zhang,
// Dauphin, Ma 2019 (Fixup), arXiv:1901.09321. Its biases between the products of a branch are those
// of the products themselves here, one a feature.
#include "layers/column_gain.h"
#include "layers/offset.h"
#include "layers/residual/placement.h"

namespace norma {
namespace {

class Fixup final : public SublayerPlacement {
 public:
  Fixup(const Options&, const SublayerSite& site)
      : SublayerPlacement(site),
        gain_(scalar(site, "_scale", ParamKind::kScalar, 1)),
        bias_in_(scalar(site, "_bias_in", ParamKind::kBias, 0)),
        bias_out_(scalar(site, "_bias_out", ParamKind::kBias, 0)) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const Var x = resolve(ctx, stream);
    const Tensor dropped = drop(ctx, x);
    const Var branch = column_gain(ctx, sublayer(ctx, add_offset(ctx, x, bias_in_)), gain_);
    return add_branch(ctx, resolved(x), add_offset(ctx, branch, bias_out_), 1, dropped);
  }

 private:
  static Param& scalar(const SublayerSite& site, const char* suffix, ParamKind kind,
                       double initial) {
    return site.block.param(site.name + suffix, {1}, kind, Init::constant(initial));
  }
  Param &gain_, &bias_in_, &bias_out_;
};

Recipe fixup_recipe(const Fixup::Options&, const Stack& stack) {
  const double shrink = 1 / std::sqrt(stack.depth());
  InitialDeviations init = InitialDeviations::gained(stack, shrink);
  init.attention_out = init.ffn_out = 0;
  return {.init = init, .block_norms = false, .final_norm = false, .damps_depth = true};
}

const RegisterPlacement<Fixup> registered_fixup("fixup",
                                                "x + m·F(x + b) + c, scalars a branch; no norm",
                                                "Zhang, Dauphin, Ma 2019, arXiv:1901.09321",
                                                fixup_recipe);

}  // namespace
}  // namespace norma
