// Group normalization: every sample standardizes groups of channels over all positions.
// Wu, He 2018, arXiv:1803.08494.
#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct GroupNorm : AffinePair {
  int64_t groups = 32;
  double eps = 1e-5;
  void describe(Fields& f) {
    f.integer("groups", groups, "number of groups; divides the channels", {.min = 1});
    f.number("eps", eps, "added to the variance", {.min = 0});
    describe_affine(f);
  }

  static constexpr int kStats = 1;
  static constexpr bool kCentred = true;
  Domain domain() const { return Domain::group(groups); }
  auto table(const auto& m) const { return rsqrt(m.variance() + eps); }
  static auto map(auto, auto u, auto rstd, auto weight, auto bias) {
    return u * rstd * weight + bias;
  }
  static auto partials(auto, auto u, auto rstd, auto weight, auto) {
    return std::tuple(kZero, rstd * weight, u * weight, u * rstd, decltype(u)(1));
  }
};

const RegisterNorm<GroupNorm> registered("group_norm",
                                         "γ (x − mean)/√(var + ε) + β over groups of channels",
                                         "Wu, He 2018, arXiv:1803.08494");

}  // namespace
}  // namespace norma
