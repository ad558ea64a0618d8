// Online normalization: every sample is standardized by running statistics of the samples before
// it, so no batch is needed; outputs are clamped. Chiley et al. 2019, arXiv:1905.05894; defaults,
// state and the mean over positions as in the Cerebras repository.
//
// The backward is approximate: statistics pass no gradient on; two running errors, v along x̂ and u
// along 1, steer the gradient instead, so that it stays orthogonal to both on average.
#include <cmath>
#include <limits>

#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct OnlineNorm : AffinePair {
  double eps = 1e-5, alpha_forward = 0.999, alpha_backward = 0.99;
  std::optional<double> limit = 5;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the variance", {.min = 0});
    f.number("alpha_forward", alpha_forward, "memory of the running statistics",
             {.min = 0, .max = 1});
    f.number("alpha_backward", alpha_backward, "memory of the control errors",
             {.min = 0, .max = 1});
    f.maybe_number("clamp", limit, "bound of the outputs; null = none", {.above = 0});
    describe_affine(f);
  }
  void learned(std::vector<NormParam>& params) const {
    AffinePair::learned(params);
    params[2].leave_out(limit.value_or(std::numeric_limits<double>::infinity()));
  }

  static constexpr std::array kParams{gain(), offset(), scalar("clamp", 5)};
  enum { kMean, kVariance, kU, kV };
  static constexpr std::array kState{NormState{"running_mean", 0}, NormState{"running_var", 1},
                                     NormState{"u", 0}, NormState{"v", 0}};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = true, kApproximate = true;
  static constexpr Domain domain() { return Domain::sample_channel(); }
  using At = formula::At<kStats>;

  At advance(const auto& m, double* s, double) const {
    const At at = at_rest(s);
    const double way = m.mean - s[kMean], a = alpha_forward;
    s[kVariance] = a * s[kVariance] + (1 - a) * m.variance() + a * (1 - a) * way * way;
    s[kMean] += (1 - a) * way;
    return at;
  }
  At at_rest(const double* s) const { return {s[kMean], {1 / std::sqrt(s[kVariance] + eps)}}; }
  formula::Along control(const auto& m, const At& at, const formula::Sums<kStats>& sums,
                         double* s) const {
    const double rstd = at.stat[0], mean_y = rstd * (m.mean - at.centre);
    const double square_y = rstd * rstd * m.variance() + mean_y * mean_y;
    const double v = (1 - alpha_backward) * s[kV], u = (1 - alpha_backward) * s[kU];
    s[kV] += rstd * sums.by_stat[0] / m.n - v * square_y;
    s[kU] += sums.by_u / m.n - rstd * v * mean_y - u;
    return {-u, -v * rstd * rstd};
  }
  static auto map(auto, auto u, auto rstd, auto weight, auto bias, auto limit) {
    const auto y = u * rstd * weight + bias;
    using Y = decltype(y - limit);
    return clamp(Y(y), Y(-limit), Y(limit));
  }
};

const RegisterNorm<OnlineNorm> registered_online_norm(
    "online_norm", "γ (x − running mean)/√(running var + ε) + β, approximate backward",
    "Chiley et al. 2019, arXiv:1905.05894");

}  // namespace
}  // namespace norma
