#pragma once

#include "layers/weights/reparam.h"

namespace norma {

// Keeps a weight (outputs, inputs…) at length 1 from the start and after every optimizer step:
// every output's weights, or, `along_outputs`, every input's.
void keep_unit_length(const Scope& scope, Param& weight, bool along_outputs = false);

// How a projection's weight is kept: `reparam`, or on the unit sphere at length 1 along the
// features of the stream, which it reads or, `onto_stream`, ends on.
Spec reparam_of_projection(bool unit_sphere, bool onto_stream, const Spec& reparam);

}  // namespace norma
