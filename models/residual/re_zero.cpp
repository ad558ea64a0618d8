// Branches times a scalar that starts at 0; norms stay. Bachlechner et al. 2020 (ReZero),
// arXiv:2003.04887.
#include "models/residual/scheme.h"

namespace norma {
namespace {

const RegisterResidualScheme registered_re_zero("re_zero", "branches times a scalar from 0",
                                                "Bachlechner et al. 2020, arXiv:2003.04887",
                                                {.gain = 0});

}  // namespace
}  // namespace norma
