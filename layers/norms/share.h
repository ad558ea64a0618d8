#pragma once

#include "core/context.h"

namespace norma {

// The softmax of logits, float64.
Tensor softmax(const Tensor& logits);

// One share of a mixture: pᵢ of p = softmax(logits).
struct Share {
  Param& logits;
  const Tensor& p;
  int64_t i;
};

// sum + pᵢ·y, or pᵢ·y alone for the first. The logits' gradient passes over padding, where `mask`
// (one a row; undefined = all valid) says there is some.
Var add_share(Context& ctx, const Var& sum, const Var& y, const Share& share, const Tensor& mask);

}  // namespace norma
