// Branches times a scalar that starts at 0, without norms. De, Smith 2020 (SkipInit),
// arXiv:2002.10444.
#include "models/residual/scheme.h"

namespace norma {
namespace {

const RegisterResidualScheme registered_skip_init("skip_init",
                                                  "branches times a scalar from 0; no norm",
                                                  "De, Smith 2020, arXiv:2002.10444",
                                                  {.norms = false, .gain = 0});

}  // namespace
}  // namespace norma
