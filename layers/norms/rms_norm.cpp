// Root mean square normalization: every position is scaled by the root mean square of its channels.
// Zhang, Sennrich 2019, "Root Mean Square Layer Normalization", arXiv:1910.07467; where the paper's
// ε goes is said by the code of its authors, bzhangGo/rmsnorm. PyTorch's ε is that of its float32.
#include <limits>

#include "layers/norms/convention.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct RmsNorm {
  std::string convention = "norma";
  double eps = 1e-6, partial = 1;
  bool eps_outside = false, weight = true, zero_centered = false;
  static constexpr auto conventions() {
    using Set = Convention<RmsNorm>;
    return std::array{
        Set{"norma", [](RmsNorm&) {}},
        Set{"torch", [](RmsNorm& o) { o.eps = std::numeric_limits<float>::epsilon(); }},
        Set{"keras", [](RmsNorm&) {}}, Set{"flax", [](RmsNorm&) {}}, Set{"paper", [](RmsNorm& o) {
                                                                           o.eps = 1e-8;
                                                                           o.eps_outside = true;
                                                                         }}};
  }
  void describe(Fields& f) {
    describe_convention(f, *this);
    f.number("eps", eps, "added to the mean square", {.min = 0});
    f.flag("eps_outside", eps_outside, "√(mean x²) + ε in the place of √(mean x² + ε)");
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
  auto table(const auto& m) const {
    const auto square = m.mean_square();
    if (!eps_outside) return rsqrt(square + eps);
    // The floor below every square keeps the slope of the root finite where a row is 0.
    using Square = std::remove_cv_t<decltype(square)>;
    const Square root = sqrt(max(square, Square(std::numeric_limits<double>::min())));
    return Square(1.0) / (root + eps);
  }
  static auto map(auto x, auto, auto rrms, auto weight, auto unit) {
    return x * rrms * (weight + unit);
  }
};

const RegisterNorm<RmsNorm> registered_rms_norm("rms_norm", "γ x/√(mean x² + ε) over channels",
                                                "Zhang, Sennrich 2019, arXiv:1910.07467");

}  // namespace
}  // namespace norma
