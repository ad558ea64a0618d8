#pragma once

#include "core/context.h"

namespace norma {

// c·tanh(x/c), element by element: logits held within ±c (Gemma team 2024, arXiv:2408.00118, with
// 30 for the last logits). The memory of x is overwritten where nobody else holds it.
Var soft_cap(Context& ctx, Var&& x, double c);

}  // namespace norma
