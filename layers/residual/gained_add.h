#pragma once

#include "core/context.h"

namespace norma {

// x + factor·drop·gain·branch in one pass, (B,…,C). `gain` is learned, one number a channel (C) or
// a single one; `drop` holds one factor a sample, undefined = 1.
Var gained_add(Context& ctx, const Var& x, const Var& branch, Param& gain, const Tensor& drop,
               double factor = 1);

}  // namespace norma
