#pragma once

#include <cstdint>

#include "core/kernels/activation.h"
#include "core/kernels/norm/block.h"

namespace norma::kernels {

// Centre and stats from outside instead of from x: running statistics. One entry a channel; merge
// is 1 then.
struct ColumnGiven {
  const double* centre = nullptr;
  const double* stats = nullptr;  // (stats, channels)
  // What dx has besides what passes straight through; null = nothing.
  const double* along_one = nullptr;
  const double* along_u = nullptr;
  bool each_sample = false;  // the arrays go on for every sample in turn
};

// The column shape: positions of a sample share statistics channel by channel (`merge` = 1: batch
// and instance norm) or by runs of `merge` channels (group norm; all channels: layer norm over an
// image). Batch norm is one sample with all positions of the batch; ghost batches are a few.
template <class T>
struct ColumnNorm {
  NormProgram<T> program;
  int64_t samples = 0, positions = 0, channels = 0, merge = 1;
  const uint8_t* mask = nullptr;  // (samples, positions), 0 = padding; null = all valid
  const T* x = nullptr;           // (samples, positions, channels)
  ColumnGiven given;
  // What a table that looks back reads, one entry a channel; `held` as the state.
  const double* past_mean = nullptr;
  const double* past_second = nullptr;
  double updates = 0;
  const double* held_mean = nullptr;
  const double* held_m2 = nullptr;
  // y = activation(norm(x) + shortcut), each optional.
  const T* shortcut = nullptr;
  Activation activation = Activation::kIdentity;

  int64_t domains() const { return channels / merge; }  // a sample
  int64_t sums() const { return (program.stats + 1) * domains(); }
};

// What the forward leaves for the backward: moments per sample and domain, valid positions a
// sample.
struct ColumnState {
  double* mean = nullptr;
  double* m2 = nullptr;
  double* positions = nullptr;
  double* slope = nullptr;  // Σφ′(x − mean), for a deviation of the formula's own
};

// Both stages at once.
template <class T>
void columns_forward(const ColumnNorm<T>& norm, T* y, const ColumnState& state);
// The stages one by one, for norms that change the moments in between: x → state, state → y.
template <class T>
void columns_moments(const ColumnNorm<T>& norm, const ColumnState& state);
template <class T>
void columns_map(const ColumnNorm<T>& norm, T* y, const ColumnState& state);

// The backward's buffers. `y` is the forward's output (read for ReLU, whose slope it tells).
// `dshortcut`, when wanted, receives the gradient before the activation.
template <class T>
struct ColumnGrads {
  const T* y = nullptr;
  const T* dy = nullptr;
  T* dx = nullptr;
  T* dshortcut = nullptr;
};

// dx from dy, and the parameter gradients, added to program.dparam. Both stages at once.
template <class T>
void columns_backward(const ColumnNorm<T>& norm, const ColumnState& state,
                      const ColumnGrads<T>& grads);
// The stages one by one. The first leaves the parameter gradients and, for every sample,
// norm.sums() numbers: Σ dy·∂f/∂stat per stat and domain, then Σ dy·∂f/∂u per domain. The second
// reads them (null where along_one and along_u are given).
template <class T>
void columns_sums(const ColumnNorm<T>& norm, const ColumnState& state, const ColumnGrads<T>& grads,
                  double* sums);
template <class T>
void columns_apply(const ColumnNorm<T>& norm, const ColumnState& state, const ColumnGrads<T>& grads,
                   const double* sums);

}  // namespace norma::kernels
