#pragma once

#include <functional>

#include "core/context.h"
#include "core/param.h"
#include "core/tape.h"

namespace norma {

// Standard normal numbers.
Tensor normal_tensor(const Shape& shape, uint64_t seed);
// Whole numbers 0 … below-1.
Tensor random_indices(const Shape& shape, int64_t below, uint64_t seed);

// Part of a model, differentiated again and again: float32, in training.
class ForwardBackward {
 public:
  using Forward = std::function<Var(Context&, const Var& x)>;
  // Builds the part in a set of parameters of its own.
  using Build = std::function<Forward(const Scope&)>;
  ForwardBackward(const Build& build, Tensor x, Tensor dy);

  void operator()();
  // Operations of the products in the last forward.
  double forward_flops() const { return ctx_.flops(); }

 private:
  ParamSet params_;
  Forward forward_;
  Tensor x_, dy_;
  Tape tape_;
  Context ctx_;
};

}  // namespace norma
