#pragma once

#include <cstdint>

#include "core/kernels/activation.h"
#include "core/kernels/norm/block.h"

namespace norma::kernels {

// The column shape: positions of a sample share statistics channel by channel (`merge` = 1: batch
// and instance norm) or by runs of `merge` channels (group norm; all channels: layer norm over an
// image). Batch norm is one sample with all positions of the batch; ghost batches are a few.
template <class T>
struct ColumnNorm {
  NormProgram<T> program;
  int64_t samples = 0, positions = 0, channels = 0, merge = 1;
  const uint8_t* mask = nullptr;  // (samples, positions), 0 = padding; null = all valid
  const T* x = nullptr;           // (samples, positions, channels)
  // Statistics from outside instead of from x, one a channel; merge is 1 then.
  const double* given_mean = nullptr;
  const double* given_variance = nullptr;
  // y = activation(norm(x) + shortcut), each optional.
  const T* shortcut = nullptr;
  Activation activation = Activation::kIdentity;

  int64_t domains() const { return channels / merge; }  // a sample
};

// What the forward leaves for the backward: moments per sample and domain, valid positions a
// sample.
struct ColumnState {
  double* mean = nullptr;
  double* m2 = nullptr;
  double* positions = nullptr;
};

template <class T>
void columns_forward(const ColumnNorm<T>& norm, T* y, const ColumnState& state);

// dx from dy, and the parameter gradients, added to program.dparam. `y` is the forward's output
// (read for ReLU, whose slope it tells). `dshortcut`, when wanted, receives the gradient before
// the activation.
template <class T>
void columns_backward(const ColumnNorm<T>& norm, const T* y, const T* dy, const ColumnState& state,
                      T* dx, T* dshortcut);

}  // namespace norma::kernels
