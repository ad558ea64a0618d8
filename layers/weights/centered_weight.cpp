// Centred weights: every output's weights lose their mean, so that a common offset of all inputs
// does not reach it. With `normalize` also their length, for a learned one.
// Huang, Liu, Liu, Lang, Tao 2017, "Centered Weight Normalization in Accelerating Training of Deep
// Neural Networks", ICCV.
#include "layers/weights/row_formula.h"

namespace norma {
namespace {

struct CenteredWeight : RowFormula {
  bool normalize = false;
  void describe(Fields& f) {
    f.flag("normalize", normalize, "divide by the length too, and learn a gain for each output");
  }
  RowState state() const {
    return {.gain = normalize ? "gain" : nullptr, .start = RowState::Start::kLength};
  }

  static constexpr bool kCentred = true;
  auto table(const auto& m) const {
    const auto per_length = rsqrt(m.m2);
    return normalize ? per_length : decltype(per_length)(1.0);
  }
  static auto map(auto, auto u, auto factor) { return u * factor; }
};

const RegisterRowFormula<CenteredWeight> registered_centered_weight(
    "centered_weight", "w − mean w for every output", "Huang, Liu, Liu, Lang, Tao 2017, ICCV");

}  // namespace
}  // namespace norma
