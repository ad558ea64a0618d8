#pragma once

#include <array>

#include "layers/module.h"

namespace norma {

// a + b, equal shapes.
Var add(Context& ctx, const Var& a, const Var& b);

// factor·x.
Var scale(Context& ctx, const Var& x, double factor);

// The same elements under another shape; no copy.
Var reshape(Context& ctx, const Var& x, const Shape& shape);

// x (…, w0 + w1 + w2) cut along its last axis into three tensors of the given widths.
std::array<Var, 3> split_columns(Context& ctx, const Var& x, std::array<int64_t, 3> widths);

// x with zeros, by selection, where the context's mask hides a position: what padding holds, NaN
// even, then reaches no sum. Without a mask x itself.
Var zero_padding(Context& ctx, const Var& x);

// Position `index` of x (B,T,C) → (B,C).
Var select_position(Context& ctx, const Var& x, int64_t index);

}  // namespace norma
