#pragma once

#include "core/param.h"

namespace norma {

// An exponential moving average of all parameters: average += (1 − d)·(values − average) after
// every step, with d = min(decay, (1 + step)/(10 + step)) so that the first steps are forgotten.
// Buffers (running statistics) are not averaged: they are moving averages already.
class WeightAverage {
 public:
  WeightAverage(const ParamSet& params, double decay);
  // What parameters are kept to after a step, as unit length, holds for their average too.
  void update(ParamSet& params, int64_t step);
  // Exchanges the averages and the trained values; twice is back again.
  void swap(ParamSet& params) const;
  const Tensor& average() const { return average_; }

 private:
  double decay_;
  Tensor average_;
};

}  // namespace norma
