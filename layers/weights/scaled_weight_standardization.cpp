// Scaled weight standardization: every output's weights have mean 0 and variance γ²/N for N inputs,
// γ such that the activation in front leaves inputs of variance 1 an output of variance 1. Networks
// without norms keep their variances by it.
// Brock, De, Smith 2021, "Characterizing signal propagation to close the performance gap in
// unnormalized ResNets", arXiv:2101.08692; as "NFNets", arXiv:2102.06171, has it.
#include "layers/weights/row_formula.h"

namespace norma {
namespace {

struct ScaledWeightStandardization : RowFormula {
  std::string convention = "deepmind", activation = "identity";
  bool gain = true;
  std::optional<double> eps;
  void describe(Fields& f) {
    f.choice("convention", convention, {"deepmind", "timm"},
             "deepmind: γ(w − mean)/√max(N·var, ε), ε 1e-4; timm: γ(w − mean)/√(N·(var + ε)), "
             "ε 1e-6");
    f.choice("activation", activation, {"identity", "relu", "gelu", "silu", "tanh", "sigmoid"},
             "the function in front, whose loss of variance γ makes good");
    f.flag("gain", gain, "learn a gain for each output");
    f.maybe_number("eps", eps, "ε; null = the convention's own", {.min = 0});
  }
  RowState state() const { return {.gain = gain ? "gain" : nullptr}; }

  static constexpr bool kCentred = true;
  auto table(const auto& m) const {  // m2 = N·var
    if (convention == "timm") return rsqrt(m.m2 + m.n * eps.value_or(1e-6)) * gamma();
    return rsqrt(max(m.m2, decltype(m.m2)(eps.value_or(1e-4)))) * gamma();
  }
  static auto map(auto, auto u, auto factor) { return u * factor; }

  // 1/√(variance of the activation of a standard normal number), as the authors sampled it.
  double gamma() const {
    if (activation == "relu") return 1.7139588594436646;
    if (activation == "gelu") return 1.7015043497085571;
    if (activation == "silu") return 1.7881293296813965;
    if (activation == "tanh") return 1.5939117670059204;
    if (activation == "sigmoid") return 4.803835391998291;
    return 1.0;
  }
};

const RegisterRowFormula<ScaledWeightStandardization> registered_scaled_weight_standardization(
    "scaled_weight_standardization", "gain · γ (w − mean w)/√(N · var w) for every output",
    "Brock, De, Smith 2021, arXiv:2101.08692; constants of arXiv:2102.06171's code");

}  // namespace
}  // namespace norma
