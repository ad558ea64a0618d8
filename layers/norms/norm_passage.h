#pragma once

#include <cstdint>
#include <vector>

#include "core/kernels/activation.h"
#include "core/tensor.h"
#include "layers/norms/definition.h"

namespace norma {

// A norm's backward once more, in float64 and one thread, for those who want to see what it is made
// of: the same block kernels and table, without the drivers that make them fast.
//
// Elements are (rows, channels). `together` rows are a sample, in which each run of `merge`
// channels is a cell: what shares a statistic. Numbers of cells are in the order (sample, run),
// with several numbers a cell (sample, number, run). Both loop shapes, all domains and a weight's
// rows are cells of this kind.
struct NormPassage {
  const NormDefinition* definition = nullptr;
  int64_t rows = 0, channels = 0, together = 1, merge = 1;
  int64_t entering = 0;           // the first so many channels of a row enter its statistic
  const uint8_t* mask = nullptr;  // one a row, 0 = padding; null = all valid
  const double* x = nullptr;
  const double* dy = nullptr;
  std::vector<Tensor> params = {};  // float64, as the map reads them

  // Moments and what follows from them; given statistics have a centre and stats alone.
  std::vector<double> count = {}, centre = {}, m2 = {}, slope = {}, stats = {};
  // See kernels::NormCells.
  std::vector<double> past_mean = {}, past_second = {}, held_mean = {}, held_m2 = {};
  double updates = 0;
  // Coefficients of 1 and of u (or φ′(u)) in dx; empty where nothing flows back.
  std::vector<double> along_one = {}, along_u = {};

  int64_t runs() const { return channels / merge; }  // cells a sample
  int64_t samples() const { return (rows + together - 1) / together; }
  int64_t cells() const { return samples() * runs(); }
  bool valid(int64_t row) const { return !mask || mask[row]; }
  // x − centre of element i, which lies in that cell, or x itself where moments are not centred.
  double u(size_t i, size_t cell) const {
    return definition->centred && !centre.empty() ? x[i] - centre[cell] : x[i];
  }
  // Calls body(index, channel, cell) for each element that is no padding.
  template <class Body>
  void over_elements(Body body) const {
    for (int64_t row = 0; row < rows; ++row) {
      if (!valid(row)) continue;
      const int64_t first = row * channels, first_cell = row / together * runs();
      for (int64_t run = 0, c = 0; run < runs(); ++run)
        for (const int64_t end = c + merge; c < end; ++c)
          body(static_cast<size_t>(first + c), static_cast<size_t>(c),
               static_cast<size_t>(first_cell + run));
    }
  }

  // stats out of the moments.
  void tabulate();
  // Σ dy·∂map/∂stat for each stat, then Σ dy·∂map/∂u.
  std::vector<double> sums() const;
  // The coefficients, out of such sums.
  void flow_back(const std::vector<double>& sums);
  // How the stats of each cell move with one of its moments: ∂stat/∂mean and ∂stat/∂m2.
  struct Slopes {
    std::vector<double> by_mean, by_m2;
  };
  Slopes slopes_of_stat(int stat) const;

  // out = dy·∂map/∂x, u moving along, 0 at padding; for any dy and parameters.
  void pass(const double* dy, const std::vector<Tensor>& params, double* out) const;
  // The two other terms of dx, 0 at padding.
  void removed(double* one, double* u) const;
  // Turns this passage's rows, from `first_row` on, of a gradient behind y = activation(map +
  // shortcut) into one of the map. All float64; `y` where it is kept (ReLU); y and shortcut may be
  // undefined.
  void take_activation(Activation activation, const Tensor& shortcut, const Tensor& y,
                       const Tensor& dy, int64_t first_row = 0) const;

 private:
  template <class Body>
  void over_blocks(const std::vector<Tensor>& params, int64_t most, Body body) const;
  int64_t width() const { return definition->domain.per_row() ? 1 : channels; }
  kernels::NormCells cells_of(int64_t sample) const;
  void deviation_slopes(double* slopes) const;
  void run_sums(const kernels::NormBlock<double>& block, const double* dy, double* dx,
                std::vector<double>& scratch) const;
};

}  // namespace norma
