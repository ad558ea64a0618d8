// EvoNorm-S0: a gate x·σ(vx) over the deviation of a group, found by a search over layers that
// normalize and activate at once; it takes the place of both.
// Liu, Brock, Simonyan, Le 2020, "Evolving Normalization-Activation Layers", arXiv:2004.02967;
// ε and the groups as timm.
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct EvoNormS0 {
  int64_t groups = 32;
  double eps = 1e-5;
  void describe(Fields& f) {
    f.integer("groups", groups, "number of groups; divides the channels", {.min = 1});
    f.number("eps", eps, "added to the variance", {.min = 0});
  }

  static constexpr std::array kParams{gain(), offset(), gain("v")};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = true;
  static constexpr bool kCostly = true;
  static constexpr Domain domain() { return Domain::group(1); }
  void cut(Domain& domain) const { domain.groups = groups; }
  auto table(const auto& m) const { return rsqrt(m.variance() + eps); }
  static auto map(auto x, auto, auto rstd, auto weight, auto bias, auto v) {
    return x * rstd * sigmoid(x * v) * weight + bias;
  }
};

const RegisterNorm<EvoNormS0> registered_evo_norm_s0("evo_norm_s0",
                                                     "γ x σ(vx)/√(var + ε) + β, var of a group",
                                                     "Liu et al. 2020, arXiv:2004.02967; as timm");

}  // namespace
}  // namespace norma
