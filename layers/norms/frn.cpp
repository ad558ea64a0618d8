// Filter response normalization: every channel of every sample is scaled by the root mean square of
// its positions; then the thresholded linear unit, a learned threshold that replaces the
// activation. Singh, Krishnan 2019, "Filter Response Normalization Layer", arXiv:1911.09737.
#include <limits>

#include "layers/norms/norm.h"

namespace norma {
namespace {

struct Frn {
  double eps = 1e-6;
  bool tlu = true, learned_eps = false;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the mean square", {.min = 0});
    f.flag("tlu", tlu, "raise outputs to a learned threshold τ, one a channel");
    f.flag("learned_eps", learned_eps,
           "also add |ε|, one learned number: for domains of few positions");
  }
  void learned(std::vector<NormParam>& params) const {
    if (!tlu) params[2].leave_out(-std::numeric_limits<double>::infinity());
    if (!learned_eps) params[3].leave_out(0);
  }

  static constexpr std::array kParams{gain(), offset(), offset("tau"), scalar("learned_eps", 1e-4)};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::sample_channel(); }
  auto table(const auto& m) const { return rsqrt(m.mean_square() + eps); }
  static auto map(auto x, auto, auto rrms, auto weight, auto bias, auto tau, auto more) {
    // 1/√(1/rrms² + |more|), written so that no square leaves the range of floats.
    const auto scale = rrms * rsqrt(1 + abs(more) * rrms * rrms);
    return max(x * scale * weight + bias, tau);
  }
};

const RegisterNorm<Frn> registered_frn(
    "frn", "max(γ x/√(mean x² + ε) + β, τ) over the positions of a channel",
    "Singh, Krishnan 2019, arXiv:1911.09737");

}  // namespace
}  // namespace norma
