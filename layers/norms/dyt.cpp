// Dynamic tanh: a pointwise map in the place of a norm; no statistics.
// Zhu, Chen, He, LeCun, Liu 2025, "Transformers without Normalization", arXiv:2503.10622.
#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct Dyt {
  double alpha = 0.5;
  bool weight = true, bias = true;
  void describe(Fields& f) {
    f.number("alpha", alpha, "initial value of the learned slope α");
    f.flag("weight", weight, "learned gain γ, one a channel");
    f.flag("bias", bias, "learned offset β, one a channel");
  }
  void learned(std::vector<NormParam>& params) const {
    params[0].initial = alpha;
    params[1].present = weight;
    params[2].present = bias;
  }

  static constexpr std::array kParams{scalar("alpha", 0.5), gain(), offset()};
  static constexpr int kStats = 0;
  static constexpr bool kCentred = false;
  static constexpr bool kBounded = true;
  static constexpr Domain domain() { return Domain::none(); }
  static auto map(auto x, auto, auto alpha, auto weight, auto bias) {
    return tanh(x * alpha) * weight + bias;
  }
  static auto partials(auto x, auto, auto alpha, auto weight, auto) {
    const auto t = tanh(x * alpha);
    const auto slope = weight * (1 - t * t);
    return std::tuple(slope * alpha, kZero, slope * x, t, decltype(x)(1));
  }
};

const RegisterNorm<Dyt> registered("dyt", "γ tanh(αx) + β", "Zhu et al. 2025, arXiv:2503.10622");

}  // namespace
}  // namespace norma
