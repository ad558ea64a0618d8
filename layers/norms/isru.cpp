// Inverse square root unit in the place of a norm.
// Carlile et al. 2017, arXiv:1710.09967; a candidate of Chen, Lu, Zhu, Sun, Liu 2025,
// arXiv:2512.10938.
#include "layers/norms/norm.h"
#include "layers/norms/pointwise.h"

namespace norma {
namespace {

struct Isru {
  static auto of(auto z) {
    // From here on the value rounds to ±1 in every precision, and z² still fits a float.
    const auto held = clamp(z, decltype(z)(-1e9), decltype(z)(1e9));
    return held * rsqrt(1 + held * held);
  }
  static auto slope(auto z) {
    const auto r = rsqrt(1 + z * z);  // 0 where z² overflows
    return r * r * r;
  }
};

const RegisterNorm<Pointwise<Isru>> registered_isru("isru", "γ z/√(1 + z²) + β with z = αx + s",
                                                    "Chen et al. 2025, arXiv:2512.10938");

}  // namespace
}  // namespace norma
