#pragma once

#include "apps/landscape/surface.h"

namespace norma {

// Whether a parameter is a matrix of a block's branch: blocks.3.attn.qkv.weight, ….ffn.down.weight.
bool in_branch(const Param& param);

// A step down the gradient of those alone, as long as 0.001 of them together. An Error where there
// are none.
Direction branch_step(LossSurface& surface);

// The part of a direction that belongs to one parameter.
std::span<const double> part_of(const Direction& direction, ParamSet& params, const Param& param);

}  // namespace norma
