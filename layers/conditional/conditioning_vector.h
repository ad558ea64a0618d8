#pragma once

#include "core/context.h"

namespace norma {

// The conditioning vectors (B,D) of the batch that x (B,…,C) belongs to, the context's `cond`. An
// Error in the name of `operation` where there is none, or not one a sample.
const Var& conditioning_vector(const Context& ctx, const char* operation, const Var& x);

}  // namespace norma
