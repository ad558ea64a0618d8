// Weight standardization: every output's weights have mean 0 and deviation 1.
// Qiao, Wang, Liu, Shen, Yuille 2019, "Micro-Batch Training with Batch-Channel Normalization and
// Weight Standardization", arXiv:1903.10520.
#include "layers/weights/row_formula.h"

namespace norma {
namespace {

struct WeightStandardization : RowFormula {
  std::string convention = "timm";
  std::optional<double> eps;
  void describe(Fields& f) {
    f.choice("convention", convention, {"timm", "official", "bit"},
             "timm, bit: (w − mean)/√(var + ε), ε 1e-6 and 1e-10; official: unbiased variance, "
             "(w − mean)/(√var + ε), ε 1e-5");
    f.maybe_number("eps", eps, "ε; null = the convention's own", {.min = 0});
  }

  static constexpr bool kCentred = true;
  auto table(const auto& m) const {
    if (convention != "official") return rsqrt(m.variance() + eps.value_or(default_eps()));
    // The floor below every variance gives a constant row PyTorch's slope, 0, instead of 0·∞.
    using Variance = decltype(m.m2 / (m.n - 1.0));
    const auto deviation = sqrt(max(m.m2 / (m.n - 1.0), Variance(1e-300)));
    return decltype(deviation)(1.0) / (deviation + eps.value_or(1e-5));
  }
  static auto map(auto, auto u, auto per_deviation) { return u * per_deviation; }
  double default_eps() const { return convention == "bit" ? 1e-10 : 1e-6; }
};

const RegisterRowFormula<WeightStandardization> registered_weight_standardization(
    "weight_standardization", "(w − mean w)/√(var w + ε) for every output",
    "Qiao et al. 2019, arXiv:1903.10520; conventions of its repository, timm and BiT "
    "(arXiv:1912.11370)");

}  // namespace
}  // namespace norma
