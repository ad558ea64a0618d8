// Unit normalization: every position is scaled to length 1. As Keras' UnitNormalization, whose
// bound of 1e-12 is that of the square.
#include "layers/norms/unit_norm.h"

#include "layers/norms/row_length.h"

namespace norma {
namespace {

struct UnitNorm : RowLength {
  UnitNorm() : RowLength{.eps = 1e-6} {}
  auto table(const auto& m) const { return 1 / m.length(eps); }
};

const RegisterNorm<UnitNorm> registered_unit_norm("unit_norm", "x/max(‖x‖, ε) over channels",
                                                  "Keras, UnitNormalization");

}  // namespace

std::unique_ptr<Norm> make_unit_norm(const Scope& scope, int64_t channels) {
  return std::make_unique<Norm>(scope, "unit_norm", define_norm(UnitNorm{}), channels);
}

}  // namespace norma
