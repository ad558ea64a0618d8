#pragma once

#include "layers/norms/norm.h"

namespace norma {

// x/‖x‖ over channels: for what lives on the unit sphere by definition and not by choice.
std::unique_ptr<Norm> make_unit_norm(const Scope& scope, int64_t channels);

}  // namespace norma
