#pragma once

#include "layers/module.h"

namespace norma {

// x (B,H,W,C) → (B,height,width,C) by the nearest pixel, as torch.nn.functional.interpolate.
Var resize_nearest(Context& ctx, const Var& x, int64_t height, int64_t width);

}  // namespace norma
