// Unit normalization: every position is scaled to length 1. As Keras' UnitNormalization, whose
// bound of 1e-12 is that of the square.
#include "layers/norms/unit_norm.h"

namespace norma {
namespace {

struct UnitNorm {
  double eps = 1e-6;
  void describe(Fields& f) { f.number("eps", eps, "least length divided by", {.above = 0}); }

  static constexpr std::array<NormParam, 0> kParams{};
  static constexpr int kStats = 1;
  static constexpr bool kCentred = false;
  static constexpr Domain domain() { return Domain::row(); }
  auto table(const auto& m) const { return 1 / m.length(eps); }
  static auto map(auto x, auto, auto scale) { return x * scale; }
  static auto partials(auto x, auto, auto scale) { return std::tuple(scale, kZero, x); }
};

const RegisterNorm<UnitNorm> registered("unit_norm", "x/max(‖x‖, ε) over channels",
                                        "Keras, UnitNormalization");

}  // namespace

std::unique_ptr<Norm> make_unit_norm(const Scope& scope, int64_t channels) {
  return std::make_unique<Norm>(scope, "unit_norm", define_norm(UnitNorm{}), channels);
}

}  // namespace norma
