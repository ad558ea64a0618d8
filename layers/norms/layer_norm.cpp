// Layer normalization: every position standardizes its own channels.
// Ba, Kiros, Hinton 2016, "Layer Normalization", arXiv:1607.06450; ε of the paper as in the code of
// its authors.
#include "layers/norms/standardized.h"

namespace norma {
namespace {

struct LayerNorm : Affine, StandardMap {
  std::string convention = "torch";
  double eps = 1e-5;
  static constexpr auto conventions() { return eps_conventions<LayerNorm>(); }
  void describe(Fields& f) {
    describe_convention(f, *this);
    f.number("eps", eps, "added to the variance", {.min = 0});
    describe_affine(f);
  }

  static constexpr int kStats = 1;
  static constexpr bool kCentred = true;
  static constexpr Domain domain() { return Domain::row(); }
  auto table(const auto& m) const { return rsqrt(m.variance() + eps); }
};

const RegisterNorm<LayerNorm> registered_layer_norm("layer_norm",
                                                    "γ (x − mean)/√(var + ε) + β over channels",
                                                    "Ba, Kiros, Hinton 2016, arXiv:1607.06450");

}  // namespace
}  // namespace norma
