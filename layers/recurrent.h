#pragma once

#include <memory>
#include <vector>

#include "layers/linear.h"

// What recurrent layers are made of, besides their cells.
namespace norma {

// x (B,T,C) + bias cut into its positions, T times (B,C); the bias (C) may be null.
void unstack(Context& ctx, const Var& x, Param* bias, std::vector<Var>& steps);

// T times (B,C) side by side: (B,T,C).
Var stack(Context& ctx, const std::vector<Var>& steps);

// The product of a state with a weight, step after step, within one forward. The gradient of the
// weight is one product over all steps, carried out when that of the first step is asked for.
class RecurrentProduct {
 public:
  // States h (B, in) of `steps` steps, weight (out, in). State t must be written to `state(t)`,
  // which belongs to this forward, before step t.
  RecurrentProduct(WeightUse weight, int64_t steps, int64_t batch);
  Tensor state(int64_t t) const;
  // h Wᵀ (B, out); `h` is a variable whose value is state(t).
  Var operator()(Context& ctx, const Var& h, int64_t t);

 private:
  struct Op;
  struct Gradients {
    Tensor outputs;  // (T, B, out), made when the first is known
  };
  WeightUse weight_;
  int64_t steps_, batch_;
  Tensor states_;  // (T, B, in)
  std::shared_ptr<Gradients> gradients_;
};

}  // namespace norma
