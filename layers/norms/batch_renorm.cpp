// Batch renormalization: batch norm in training, then r and d turn its result into what the running
// statistics would have made of it, as far as rmax and dmax let them; r and d take no gradient.
// Ioffe 2017, arXiv:1702.03275, which tracks the deviation, not the variance.
//
// rmax and dmax go from 1 and 0 (batch norm) to their values along straight lines; a step is an
// update of the running statistics. Defaults are those of the paper.
#include <algorithm>

#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct BatchRenorm : AffinePair {
  double eps = 1e-5, rmax = 3, dmax = 5;
  std::vector<int64_t> rmax_steps{5000, 40000}, dmax_steps{5000, 25000};
  Running tracking{.momentum = 0.01, .second = "running_std"};
  void describe(Fields& f) {
    f.number("eps", eps, "added to the variance", {.min = 0});
    tracking.describe(f);
    f.rule(tracking.track, "track_running_stats", "true: r and d compare with them");
    f.number("rmax", rmax, "largest r in the end, and 1/r", {.min = 1});
    f.number("dmax", dmax, "largest |d| in the end", {.min = 0});
    f.integers("rmax_steps", rmax_steps, "steps at which rmax leaves 1 and is reached", 2,
               {.min = 0});
    f.integers("dmax_steps", dmax_steps, "steps at which dmax leaves 0 and is reached", 2,
               {.min = 0});
    f.rule(rmax_steps[0] <= rmax_steps[1], "rmax_steps", "two steps, the earlier first");
    f.rule(dmax_steps[0] <= dmax_steps[1], "dmax_steps", "two steps, the earlier first");
    describe_affine(f);
  }
  Running running() const { return tracking; }
  static double along(const std::vector<int64_t>& steps, double updates) {
    if (updates >= static_cast<double>(steps[1])) return 1;
    const auto length = static_cast<double>(steps[1] - steps[0]);
    return std::max(0.0, (updates - static_cast<double>(steps[0])) / length);
  }

  static constexpr int kStats = 2;
  static constexpr bool kCentred = true, kDetaches = true;
  static constexpr Domain domain() { return Domain::channel(); }
  auto table(const auto& m, const auto& past) const {
    const auto now = past.detached;
    const double r_most = 1 + (rmax - 1) * along(rmax_steps, past.updates);
    const double d_most = dmax * along(dmax_steps, past.updates);
    using V = decltype(now.mean);
    const V r = clamp(sqrt(now.variance() + eps) / past.second, V(1 / r_most), V(r_most));
    const V d = clamp((now.mean - past.mean) / past.second, V(-d_most), V(d_most));
    return std::tuple(rsqrt(m.variance() + eps) * r, d);
  }
  auto tracked(const auto& m) const { return sqrt(m.variance() + eps); }
  auto given(auto deviation) const { return std::tuple(1 / deviation, decltype(deviation)(0)); }
  static auto map(auto, auto u, auto scale, auto d, auto weight, auto bias) {
    return (u * scale + d) * weight + bias;
  }
};

const RegisterNorm<BatchRenorm> registered_batch_renorm(
    "batch_renorm", "γ ((x − mean)/√(var + ε)·r + d) + β over the batch",
    "Ioffe 2017, arXiv:1702.03275");

}  // namespace
}  // namespace norma
