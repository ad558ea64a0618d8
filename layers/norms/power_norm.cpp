// Power normalization: every channel is divided by the root of its running mean square, without
// centring. Shen et al. 2020, arXiv:2003.07845, with the defaults of sIncerass/powernorm; in its
// warm-up the mean square is the batch's own. The scaling that the reference puts in front is
// rms_norm without weight.
//
// The backward is approximate: the running mean square passes no gradient on; in its place the part
// of the gradient along x̂ is removed as far as its running average ν says. As in the reference, dx
// is divided by the root mean square of the batch even where x was divided by the running one.
#include <cmath>

#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct PowerNorm : AffinePair {
  double eps = 1e-5, alpha_forward = 0.9, alpha_backward = 0.9;
  int64_t warmup = 10000;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the mean square", {.min = 0});
    f.number("alpha_forward", alpha_forward, "memory of the running mean square",
             {.min = 0, .max = 1});
    f.number("alpha_backward", alpha_backward, "memory of what the backward removes",
             {.min = 0, .max = 1});
    f.integer("warmup", warmup, "steps that normalize by the batch's own mean square", {.min = 0});
    describe_affine(f);
  }

  enum { kPhi, kNu };
  static constexpr std::array kState{NormState{"running_phi", 1}, NormState{"ema_gz", 0}};
  static constexpr int kStats = 2;  // 1/√(mean square): the one divided by, and the batch's
  static constexpr bool kCentred = false, kApproximate = true;
  static constexpr Domain domain() { return Domain::channel(); }
  using At = formula::At<kStats>;

  At advance(const auto& m, double* s, double updates) const {
    const double square = m.mean_square(), steps = static_cast<double>(warmup);
    const double own = 1 / std::sqrt(square + eps);
    const At at{0, {updates <= steps ? own : at_rest(s).stat[0], own}};
    if (updates < steps) s[kPhi] += (square - s[kPhi]) / updates;
    s[kPhi] = alpha_forward * s[kPhi] + (1 - alpha_forward) * square;
    return at;
  }
  At at_rest(const double* s) const {
    const double scale = 1 / std::sqrt(s[kPhi] + eps);
    return {0, {scale, scale}};
  }
  formula::Along control(const auto& m, const At& at, const formula::Sums<kStats>& sums,
                         double* s) const {
    const double scale = at.stat[0], nu = (1 - alpha_backward) * s[kNu];
    s[kNu] += (scale * sums.by_stat[0] - nu * scale * scale * m.m2) / m.n;
    return {0, -nu * scale * at.stat[1]};
  }
  static auto map(auto, auto u, auto scale, auto, auto weight, auto bias) {
    return u * scale * weight + bias;
  }
};

const RegisterNorm<PowerNorm> registered_power_norm(
    "power_norm", "γ x/√(running mean x² + ε) + β, approximate backward",
    "Shen et al. 2020, arXiv:2003.07845");

}  // namespace
}  // namespace norma
