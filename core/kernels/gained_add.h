#pragma once

#include <cstdint>

namespace norma::kernels {

// out = base + drop[n]·gain[c]·branch over (samples, positions, channels).
template <class T>
struct GainedAdd {
  int64_t samples, positions, channels;
  const T* gain;     // one a channel, or a single one
  bool single_gain;  // which of both
  const T* drop;     // one a sample; null = 1
};

template <class T>
void gained_add(const GainedAdd<T>& add, const T* base, const T* branch, T* out);

// Doubles of scratch memory that the backward needs.
int64_t gained_add_scratch(int64_t rows, int64_t channels);

// dbranch = drop·gain·dout, and dgain += Σ drop·branch·dout. A null dbranch is not computed. Fixed
// chunks of rows are summed in double and combined in their order: the same bits for any number of
// threads.
template <class T>
void gained_add_backward(const GainedAdd<T>& add, const T* branch, const T* dout, T* dbranch,
                         T* dgain, double* scratch);

}  // namespace norma::kernels
