// Root mean square normalization: every position is scaled by the root mean square of its channels.
// Zhang, Sennrich 2019, "Root Mean Square Layer Normalization", arXiv:1910.07467.
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct RmsNorm {
  double eps = 1e-6, partial = 1;
  bool weight = true, zero_centered = false;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the mean square", {.min = 0});
    f.number("partial", partial, "the share of the channels, from the first, that is measured",
             {.max = 1, .above = 0});
    f.flag("weight", weight, "learned gain γ, one a channel");
    f.flag("zero_centered", zero_centered, "store γ − 1, so that weight decay pulls γ towards 1");
  }
  void learned(std::vector<NormParam>& params) const {
    params[0].initial = zero_centered ? 0 : 1;
    params[0].present = weight;
    params[1].leave_out(zero_centered ? 1 : 0);
  }

  // The second is what is added to the stored gain, and never learned.
  static constexpr std::array kParams{gain(), scalar("unit", 0)};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::row(); }
  auto table(const auto& m) const { return rsqrt(m.mean_square() + eps); }
  static auto map(auto x, auto, auto rrms, auto weight, auto unit) {
    return x * rrms * (weight + unit);
  }
  static auto partials(auto x, auto, auto rrms, auto weight, auto unit) {
    const auto gain = weight + unit;
    return std::tuple(rrms * gain, kZero, x * gain, x * rrms, kZero);
  }
};

const RegisterNorm<RmsNorm> registered("rms_norm", "γ x/√(mean x² + ε) over channels",
                                       "Zhang, Sennrich 2019, arXiv:1910.07467");

}  // namespace
}  // namespace norma
