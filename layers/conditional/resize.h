#pragma once

#include "layers/module.h"

namespace norma {

// x (B,H,W,C) → (B,height,width,C) by the nearest pixel, as torch.nn.functional.interpolate.
Var resize_nearest(Context& ctx, const Var& x, int64_t height, int64_t width);

// x with 0 at padding positions (`ctx.mask`, of x's leading axes), whatever stands there; x itself
// without a mask. For layers that would let padding reach its neighbours.
Var without_padding(Context& ctx, const Var& x);

}  // namespace norma
