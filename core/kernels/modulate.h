#pragma once

#include <cstdint>

namespace norma::kernels {

// Gains or offsets from outside, one a sample and channel, or one an element: the columns of a
// matrix with one row a sample, or a position.
template <class T>
struct Modulation {
  T* data = nullptr;   // null = none
  int64_t stride = 0;  // numbers from row to row
};

// y = factor·x·(unit + gain) + offset over (samples, positions, channels).
template <class T>
struct Modulate {
  int64_t samples = 0, positions = 0, channels = 0;
  bool per_position = false;  // gain and offset have a row a position
  T factor = T(1), unit = T(1);
  const uint8_t* mask = nullptr;  // (samples, positions), 0 = padding, whose y and dx are 0
  const T* x = nullptr;
  Modulation<const T> gain, offset;
};

template <class T>
void modulate(const Modulate<T>& op, T* y);

// dx (unless null), and the gradients of gain and offset, which are written, not added. Sums over
// positions are held in double.
template <class T>
void modulate_backward(const Modulate<T>& op, const T* dy, T* dx, Modulation<T> dgain,
                       Modulation<T> doffset);

}  // namespace norma::kernels
