#pragma once

#include "apps/layer/numerics/lab.h"
#include "core/config/registry.h"

namespace norma::numerics {

// How far a norm's output and gradients in float32 are from those in float64, on the same float32
// numbers and randomized parameters. Works for every layer that takes (samples, positions,
// channels) alone; throws Error where one does not.
Lab norm_lab(const Spec& spec);

}  // namespace norma::numerics
