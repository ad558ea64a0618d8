// Group normalization: every sample standardizes groups of channels over all positions.
// Wu, He 2018, arXiv:1803.08494.
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct GroupNorm : Standardized {
  std::string convention = "torch";
  int64_t groups = 32;
  static constexpr auto conventions() { return eps_conventions<GroupNorm>(); }
  void describe(Fields& f) {
    describe_convention(f, *this);
    f.integer("groups", groups, "number of groups; divides the channels", {.min = 1});
    describe_eps(f);
    describe_affine(f);
  }
  static constexpr Domain domain() { return Domain::group(1); }
  void cut(Domain& domain) const { domain.groups = groups; }
};

const RegisterNorm<GroupNorm> registered_group_norm(
    "group_norm", "γ (x − mean)/√(var + ε) + β over groups of channels",
    "Wu, He 2018, arXiv:1803.08494");

}  // namespace
}  // namespace norma
