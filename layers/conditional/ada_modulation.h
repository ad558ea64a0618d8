#pragma once

#include "layers/linear.h"

namespace norma {

// What adaptive layer normalization makes of the conditioning vector: a shift b, a scale s and, for
// a branch, a gate g, C numbers of each a sample, the columns of Linear(SiLU(cond)) in this order.
// Peebles, Xie 2023, arXiv:2212.09748, and its repository. State: `weight` (2C, or 3C with a gate;
// D) and `bias`.
class AdaModulation {
 public:
  struct Options {
    int64_t cond = 0;      // D, the width of the conditioning vector
    int64_t channels = 0;  // C, of what is modulated
    bool gate = true;
    bool zero = true;  // start the linear map at 0: all b, s and g are 0 then
  };
  AdaModulation(const Scope& scope, const Options& options);

  // (b, s, g) of each sample of a batch with the conditioning vectors (B,D).
  Var of(Context& ctx, const Var& cond);
  // x(1 + s) + b.
  Var modulated(Context& ctx, const Var& x, const Var& modulation) const;
  // g·branch. Shows the observable "gate", float64 (B,C).
  Var gated(Context& ctx, const Var& branch, const Var& modulation) const;

 private:
  int64_t channels_;
  Linear map_;
};

}  // namespace norma
