// Softsign in the place of a norm ("smoothsign").
// A candidate of Chen, Lu, Zhu, Sun, Liu 2025, arXiv:2512.10938.
#include "layers/norms/norm.h"
#include "layers/norms/pointwise.h"

namespace norma {
namespace {

struct Softsign {
  static auto of(auto z) { return z / (1 + abs(z)); }
  static auto slope(auto z) {
    const auto r = 1 / (1 + abs(z));
    return r * r;
  }
};

const RegisterNorm<Pointwise<Softsign>> registered_softsign("softsign",
                                                            "γ z/(1 + |z|) + β with z = αx + s",
                                                            "Chen et al. 2025, arXiv:2512.10938");

}  // namespace
}  // namespace norma
