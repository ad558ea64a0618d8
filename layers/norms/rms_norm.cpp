// Root mean square normalization: every position is scaled by the root mean square of its channels.
// Zhang, Sennrich 2019, "Root Mean Square Layer Normalization", arXiv:1910.07467.
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct RmsNorm {
  double eps = 1e-6;
  bool weight = true;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the mean square", {.min = 0});
    f.flag("weight", weight, "learned gain γ, one a channel");
  }
  void learned(std::vector<NormParam>& params) const { params[0].present = weight; }

  static constexpr std::array kParams{gain()};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::row(); }
  auto table(const auto& m) const { return rsqrt(m.mean_square() + eps); }
  static auto map(auto x, auto, auto rrms, auto weight) { return x * rrms * weight; }
  static auto partials(auto x, auto, auto rrms, auto weight) {
    return std::tuple(rrms * weight, kZero, x * weight, x * rrms);
  }
};

const RegisterNorm<RmsNorm> registered("rms_norm", "γ x/√(mean x² + ε) over channels",
                                       "Zhang, Sennrich 2019, arXiv:1910.07467");

}  // namespace
}  // namespace norma
