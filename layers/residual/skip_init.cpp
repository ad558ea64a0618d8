// x + αF(x) without any norm: a scalar on each branch, 0 at the start, makes the whole model begin
// as the identity. De, Smith 2020 (SkipInit), arXiv:2002.10444.
#include "layers/residual/gained_branch.h"

namespace norma {
namespace {

class SkipInit final : public GainedBranch {
 public:
  struct Options {
    double initial = 0;
    void describe(Fields& f) { f.number("initial", initial, "initial value of the scalars α"); }
  };
  SkipInit(const Options& options, const SublayerSite& site)
      : GainedBranch(site, site.block.param(site.name + "_scale", {1}, ParamKind::kScalar,
                                            Init::constant(options.initial))) {}
};

Recipe skip_init_recipe(const SkipInit::Options&, const Stack& stack) {
  return {
      .init = InitialDeviations::all(stack.init_std), .block_norms = false, .final_norm = false};
}

const RegisterPlacement<SkipInit> registered_skip_init("skip_init",
                                                       "x + αF(x), a scalar α a branch; no norm",
                                                       "De, Smith 2020, arXiv:2002.10444",
                                                       skip_init_recipe);

}  // namespace
}  // namespace norma
