// Weight normalization: the direction and the length of every output's weights are learned apart.
// Salimans, Kingma 2016, "Weight Normalization", arXiv:1602.07868. State as
// torch.nn.utils.weight_norm has it (dim = 0).
#include "layers/weights/row_formula.h"

namespace norma {
namespace {

struct WeightNorm : RowFormula {
  void describe(Fields&) {}
  RowState state() const {
    return {.leaf = "weight_v", .gain = "weight_g", .start = RowState::Start::kLength};
  }

  static constexpr bool kCentred = false;
  auto table(const auto& m) const { return rsqrt(m.m2); }
  static auto map(auto x, auto, auto per_length) { return x * per_length; }
};

const RegisterRowFormula<WeightNorm> registered_weight_norm(
    "weight_norm", "g v/‖v‖ for every output", "Salimans, Kingma 2016, arXiv:1602.07868");

}  // namespace
}  // namespace norma
