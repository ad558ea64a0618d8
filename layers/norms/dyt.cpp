// Dynamic tanh: a pointwise map in the place of a norm; no statistics.
// Zhu, Chen, He, LeCun, Liu 2025, "Transformers without Normalization", arXiv:2503.10622.
#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct Dyt : Affine {
  double alpha = 0.5;
  void describe(Fields& f) {
    f.number("alpha", alpha, "initial value of the learned slope α");
    describe_affine(f);
  }
  void learned(std::vector<NormParam>& params) const {
    Affine::learned(params);
    params[2].initial = alpha;
  }

  static constexpr std::array kParams{gain(), offset(), scalar("alpha", 0.5)};
  static constexpr int kStats = 0;
  static constexpr bool kCentred = false;
  static constexpr bool kBounded = true;
  static constexpr Domain domain() { return Domain::none(); }
  static auto map(auto x, auto, auto weight, auto bias, auto alpha) {
    return tanh(x * alpha) * weight + bias;
  }
  static auto pullback(auto dy, auto x, auto, auto weight, auto, auto alpha) {
    const auto t = tanh(x * alpha);
    const auto dz = dy * weight * (1 - t * t);
    return std::tuple(dz * alpha, kZero, dy * t, dy, dz * x);
  }
};

const RegisterNorm<Dyt> registered_dyt("dyt", "γ tanh(αx) + β",
                                       "Zhu et al. 2025, arXiv:2503.10622");

}  // namespace
}  // namespace norma
