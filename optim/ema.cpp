#include "optim/ema.h"

#include <algorithm>
#include <utility>

#include "core/parallel.h"

namespace norma {

WeightAverage::WeightAverage(const ParamSet& params, double decay)
    : decay_(decay), average_(params.values().clone()) {}

void WeightAverage::update(ParamSet& params, int64_t step) {
  const double t = static_cast<double>(step);
  const double decay = std::min(decay_, (1 + t) / (10 + t));
  with_float_type(average_.dtype(), [&]<class T>() {
    const T take = static_cast<T>(1 - decay);
    T* const average = average_.data<T>();
    const T* const values = params.values().data<T>();
    parallel_ranges(average_.numel(), 1, [=](int64_t begin, int64_t end) {
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) average[i] += take * (values[i] - average[i]);
    });
  });
  if (!params.constrained()) return;
  swap(params);
  params.updated();
  swap(params);
}

void WeightAverage::swap(ParamSet& params) const {
  with_float_type(average_.dtype(), [&]<class T>() {
    T* const average = average_.data<T>();
    T* const values = params.values().data<T>();
    std::swap_ranges(average, average + average_.numel(), values);
  });
  params.touch();
}

}  // namespace norma
