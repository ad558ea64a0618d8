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

// Doubles of scratch memory that the backward needs.
int64_t sphere_step_scratch(int64_t rows, int64_t channels);

// Writes dfrom and dto, adds to dalpha. Fixed chunks of rows are summed in double and combined in
// their order.
template <class T>
void sphere_step_backward(const SphereStep<T>& step, const T* from, const T* to, const T* dy,
                          T* dfrom, T* dto, T* dalpha, double* scratch);

}  // namespace norma::kernels
