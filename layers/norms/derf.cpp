// Dynamic erf: the error function in the place of a norm.
// Chen, Lu, Zhu, Sun, Liu 2025, "Stronger Normalization-Free Transformers", arXiv:2512.10938.
#include "layers/norms/norm.h"
#include "layers/norms/pointwise.h"

namespace norma {
namespace {

struct Erf {
  static auto of(auto z) { return erf(z); }
};

const RegisterNorm<Pointwise<Erf>> registered_derf("derf", "γ erf(αx + s) + β",
                                                   "Chen et al. 2025, arXiv:2512.10938");

}  // namespace
}  // namespace norma
