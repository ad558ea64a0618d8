#pragma once

#include <cstdint>

namespace norma::kernels {

// y = from + rate·(to − from) over (samples, positions, channels), rate =
// drop[n]·|factor·alpha[c]|.
template <class T>
struct SphereStep {
  int64_t samples, positions, channels;
  T factor;
  const T* alpha;  // one a channel
  const T* drop;   // one a sample; null = 1
};

template <class T>
void sphere_step(const SphereStep<T>& step, const T* from, const T* to, T* y);

// Writes dfrom and dto, adds to dalpha what is summed in double. `scratch` as column_sum_scratch
// has it.
template <class T>
void sphere_step_backward(const SphereStep<T>& step, const T* from, const T* to, const T* dy,
                          T* dfrom, T* dto, T* dalpha, double* scratch);

}  // namespace norma::kernels
