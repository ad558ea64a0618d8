// Branches times a gain a channel that starts near 0; norms stay. Touvron et al. 2021 (CaiT),
// arXiv:2103.17239.
#include "models/residual/scheme.h"

namespace norma {
namespace {

const RegisterResidualScheme registered_layer_scale("layer_scale",
                                                    "branches times a gain a channel from 1e-5",
                                                    "Touvron et al. 2021, arXiv:2103.17239",
                                                    {.gain = 1e-5, .gain_per_channel = true});

}  // namespace
}  // namespace norma
