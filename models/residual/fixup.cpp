// Without norms: scalar biases between convolutions, a multiplier on each branch, small and closed
// starts. Zhang, Dauphin, Ma 2019 (Fixup), arXiv:1901.09321, as its authors' code for small images.
#include "models/residual/scheme.h"

namespace norma {
namespace {

const RegisterResidualScheme registered_fixup(
    "fixup", "scalar biases, a multiplier, closed starts; no norm",
    "Zhang, Dauphin, Ma 2019, arXiv:1901.09321",
    {.norms = false, .gain = 1, .fixup = true, .block = "basic"});

}  // namespace
}  // namespace norma
