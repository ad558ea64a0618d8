#pragma once

#include "layers/weights/reparam.h"

namespace norma {

// Keeps a weight (outputs, inputs…) at length 1 from the start and after every optimizer step:
// every output's weights, or, `along_outputs`, every input's.
void keep_unit_length(const Scope& scope, Param& weight, bool along_outputs = false);

// The re-parametrization that does so.
Spec unit_weight(bool along_outputs = false);

}  // namespace norma
