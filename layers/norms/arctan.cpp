// Arc tangent in the place of a norm, scaled to end at ±1.
// A candidate of Chen, Lu, Zhu, Sun, Liu 2025, arXiv:2512.10938.
#include "layers/norms/norm.h"
#include "layers/norms/pointwise.h"

namespace norma {
namespace {

struct Arctan {
  static constexpr double kTwoOverPi = 0.63661977236758134;
  static auto of(auto z) { return atan(z) * kTwoOverPi; }
};

const RegisterNorm<Pointwise<Arctan>> registered_arctan("arctan", "γ (2/π) arctan(αx + s) + β",
                                                        "Chen et al. 2025, arXiv:2512.10938");

}  // namespace
}  // namespace norma
