#pragma once

#include "core/context.h"

namespace norma {

// factor·x·gain over the last axis of x (…, C): as many gains as divide C, each for C/gains
// neighbouring columns (one a head, or one a column). Throws Error where they do not divide it.
Var column_gain(Context& ctx, const Var& x, Param& gain, double factor = 1);

}  // namespace norma
