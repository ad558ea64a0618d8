#pragma once

#include <cstdint>

namespace norma::kernels {

// y (rows, columns) = factor·x·gain, every `group` neighbouring columns under one gain: columns /
// group gains. y may be x.
template <class T>
struct ColumnGain {
  int64_t rows, columns, group;
  T factor;
  const T* gain;
};

template <class T>
void column_gain(const ColumnGain<T>& by, const T* x, T* y);

// dx = factor·dy·gain (not computed when null; may be dy), dgain += factor·Σ x·dy, summed in
// double. `scratch` as column_sum_scratch has it.
template <class T>
void column_gain_backward(const ColumnGain<T>& by, const T* x, const T* dy, T* dx, T* dgain,
                          double* scratch);

}  // namespace norma::kernels
