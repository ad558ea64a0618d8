// Half a period of the sine in the place of a norm, level from there on ("satursin").
// A candidate of Chen, Lu, Zhu, Sun, Liu 2025, arXiv:2512.10938.
#include "layers/norms/norm.h"
#include "layers/norms/pointwise.h"

namespace norma {
namespace {

struct SatSin {
  static constexpr double kQuarterTurn = 1.5707963267948966;
  static auto of(auto z) {
    return sin(clamp(z, decltype(z)(-kQuarterTurn), decltype(z)(kQuarterTurn)));
  }
};

const RegisterNorm<Pointwise<SatSin>> registered_sat_sin("sat_sin",
                                                         "γ sin(clip(αx + s, −π/2, π/2)) + β",
                                                         "Chen et al. 2025, arXiv:2512.10938");

}  // namespace
}  // namespace norma
