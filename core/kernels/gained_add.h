#pragma once

#include <cstdint>

namespace norma::kernels {

// out = base + drop[n]·gain[c]·(factor·branch) over (samples, positions, channels), in that order:
// the bits are those of a branch multiplied before.
template <class T>
struct GainedAdd {
  int64_t samples, positions, channels;
  const T* gain;     // one a channel, or a single one
  bool single_gain;  // which of both
  const T* drop;     // one a sample; null = 1
  T factor = T(1);
};

template <class T>
void gained_add(const GainedAdd<T>& add, const T* base, const T* branch, T* out);

// dbranch = factor·drop·gain·dout, and dgain += Σ factor·drop·branch·dout, summed in double. A null
// dbranch is not computed. `scratch` as column_sum_scratch has it.
template <class T>
void gained_add_backward(const GainedAdd<T>& add, const T* branch, const T* dout, T* dbranch,
                         T* dgain, double* scratch);

}  // namespace norma::kernels
