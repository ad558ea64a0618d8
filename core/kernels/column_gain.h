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

// Doubles of scratch memory that the backward needs.
int64_t column_gain_scratch(int64_t rows, int64_t columns);

// dx = factor·dy·gain (not computed when null; may be dy), dgain += factor·Σ x·dy. Fixed chunks of
// rows are summed in double and combined in their order.
template <class T>
void column_gain_backward(const ColumnGain<T>& by, const T* x, const T* dy, T* dx, T* dgain,
                          double* scratch);

}  // namespace norma::kernels
