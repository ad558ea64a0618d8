// A saturating exponential on either side of 0 in the place of a norm. Its slope at 0 is 1.
// A candidate of Chen, Lu, Zhu, Sun, Liu 2025, arXiv:2512.10938.
#include "layers/norms/norm.h"
#include "layers/norms/pointwise.h"

namespace norma {
namespace {

struct ExpSign {
  static auto of(auto z) { return expm1(-size(z)) * -side(z); }
  static auto slope(auto z) { return exp(-size(z)); }

 private:
  static auto side(auto z) { return select(z < 0, decltype(z)(-1), decltype(z)(1)); }
  static auto size(auto z) { return z * side(z); }
};

const RegisterNorm<Pointwise<ExpSign>> registered_exp_sign(
    "exp_sign", "γ sign(z)(1 − e^−|z|) + β with z = αx + s", "Chen et al. 2025, arXiv:2512.10938");

}  // namespace
}  // namespace norma
