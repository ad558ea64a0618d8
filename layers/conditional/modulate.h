#pragma once

#include "layers/module.h"

namespace norma {

// Gains or offsets that the network computes: C columns of `from`, which is (B,…) for one a sample
// and channel, or has the leading axes of what is modulated for one an element.
struct Modulation {
  const Var* from = nullptr;  // null: none
  int64_t column = 0;         // the first
};

// y = factor·x·(unit + gain) + offset, where `unit` is 1 for gains that start from nothing and 0
// for gains as they are. x is (B,C), (B,T,C) or (B,H,W,C); gain and offset are both per sample or
// both per position. Padding positions (`ctx.mask`) come out as 0 and take no gradient.
Var modulate(Context& ctx, const Var& x, double unit, const Modulation& gain,
             const Modulation& offset = {}, double factor = 1);

}  // namespace norma
