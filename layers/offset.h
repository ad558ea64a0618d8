#pragma once

#include "core/context.h"

namespace norma {

// x + b with a single learned number b, as Fixup has it in the place of a norm's offset.
Var add_offset(Context& ctx, const Var& x, Param& offset);

}  // namespace norma
