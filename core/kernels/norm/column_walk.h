#pragma once

#include <algorithm>

#include "core/kernels/norm/column_table.h"
#include "core/kernels/norm/columns.h"
#include "core/kernels/norm/moments.h"
#include "core/kernels/norm/partials.h"
#include "core/kernels/norm/wide.h"
#include "core/parallel.h"

// How the column shape walks over its tensor; shared by its forward and its backward.
namespace norma::kernels {

inline constexpr int64_t kWorkPerElement = 4;

// With this many samples every sample is a task of its own: moments, table and map run one after
// the other while the sample is in cache, in a single parallel region. With fewer, the positions of
// a sample are cut, and the three stages are regions of their own.
inline constexpr int64_t kManySamples = 4;

// One column norm in flight: what both directions share.
template <class T>
class Columns {
 public:
  explicit Columns(const ColumnNorm<T>& norm)
      : norm_(norm),
        folding_(norm),
        params_(norm.program, norm.channels, folding_.fold),
        cut_(chunks_of(folding_.positions, folding_.channels * kWorkPerElement)) {}

  bool many_samples() const { return norm_.samples >= kManySamples; }
  // Whether moments and table follow for each sample from itself alone, in one go.
  bool one_go() const { return many_samples() && !norm_.program.kernels->deviation; }
  const Folding<T>& folding() const { return folding_; }
  const Chunks& cut() const { return cut_; }

  // Calls body(first row, rows) for blocks of valid rows of a sample within [begin, end) and
  // gap(row) for each padding row; rows are folded positions.
  template <class Body, class Gap>
  void over_blocks(int64_t sample, int64_t begin, int64_t end, Body body, Gap gap) const {
    const uint8_t* const mask = norm_.mask ? norm_.mask + sample * norm_.positions : nullptr;
    for (int64_t row = begin; row < end;) {
      if (mask && !mask[row]) {
        gap(row++);
        continue;
      }
      int64_t rows = 1;
      while (rows < folding_.block_rows && row + rows < end && (!mask || mask[row + rows])) ++rows;
      body(row, rows);
      row += rows;
    }
  }

  // First element of a row.
  int64_t at(int64_t sample, int64_t row) const {
    return (sample * folding_.positions + row) * folding_.channels;
  }

  void show(const ColumnTable<T>& table, int64_t first_element, int64_t rows,
            NormBlock<T>& block) const {
    table.show(block);
    block.context = norm_.program.kernels->context;
    block.rows = rows;
    block.x = norm_.x + first_element;
    for (int j = 0; j < norm_.program.params; ++j) block.params[j] = params_.param[j];
  }

  // Moments per folded channel of rows [begin, end) of a sample; returns how many rows were valid.
  double moments(int64_t sample, int64_t begin, int64_t end, double* mean, double* m2) const {
    const Storage scratch(static_cast<size_t>(2 * folding_.channels) * sizeof(T));
    std::fill_n(mean, folding_.channels, 0.0);
    std::fill_n(m2, folding_.channels, 0.0);
    ColumnMoments built{mean, m2};
    over_blocks(
        sample, begin, end,
        [&](int64_t row, int64_t rows) {
          add_block_moments(norm_.x + at(sample, row), folding_.channels, rows, folding_.channels,
                            norm_.program.centred, reinterpret_cast<T*>(scratch.data()), built);
        },
        [](int64_t) {});
    return built.count;
  }

  // Σφ(u) and Σφ′(u) per folded channel of rows [begin, end) of a sample.
  void deviation(const ColumnTable<T>& table, int64_t sample, int64_t begin, int64_t end,
                 typename Partials<T>::Chunk& sums) const {
    over_blocks(
        sample, begin, end,
        [&](int64_t row, int64_t rows) {
          NormDeviationBlock<T> block;
          show(table, at(sample, row), rows, block);
          sums.add_rows(rows);
          block.deviation = sums.sums();
          block.slope = sums.sums() + folding_.channels;
          norm_.program.kernels->deviation(block);
        },
        [](int64_t) {});
  }

  // Merges the moments of all pieces of a sample (each of folding.channels entries) into its
  // domains.
  void merge(int64_t pieces, const double* mean, const double* m2, const double* rows,
             double* domain_mean, double* domain_m2, double& positions) const {
    positions = 0;
    for (int64_t p = 0; p < pieces; ++p) positions += rows[p] * static_cast<double>(folding_.fold);
    for (int64_t d = 0; d < norm_.domains(); ++d) {
      double n = 0;
      domain_mean[d] = domain_m2[d] = 0;
      for (int64_t c = d * norm_.merge; c < (d + 1) * norm_.merge; ++c)
        for (int64_t p = 0; p < pieces; ++p)
          for (int64_t f = 0; f < folding_.fold; ++f) {
            const int64_t i = p * folding_.channels + f * norm_.channels + c;
            merge_moments(n, domain_mean[d], domain_m2[d], rows[p], mean[i], m2[i]);
          }
    }
  }

  // y = activation(map(x) + shortcut) for rows [begin, end).
  void map(const ColumnTable<T>& table, int64_t sample, int64_t begin, int64_t end, T* y) const {
    over_blocks(
        sample, begin, end,
        [&](int64_t row, int64_t rows) {
          const int64_t first = at(sample, row), count = rows * folding_.channels;
          pre_activation(table, first, rows, y + first);
          if (norm_.activation != Activation::kIdentity)
            activation_forward(norm_.activation, y + first, y + first, count);
        },
        [&](int64_t row) { std::fill_n(y + at(sample, row), folding_.channels, T(0)); });
  }

  void pre_activation(const ColumnTable<T>& table, int64_t first, int64_t rows, T* y) const {
    NormForwardBlock<T> block;
    show(table, first, rows, block);
    block.y = y;
    block.y_stride = folding_.channels;
    norm_.program.kernels->forward(block);
    if (!norm_.shortcut) return;
    const T* const shortcut = norm_.shortcut + first;
#pragma omp simd
    for (int64_t i = 0; i < rows * folding_.channels; ++i) y[i] += shortcut[i];
  }

 private:
  const ColumnNorm<T>& norm_;
  Folding<T> folding_;
  FoldedParams<T> params_;
  Chunks cut_;
};

// Where a sample's moments are kept.
template <class T>
ColumnState of_sample(const ColumnNorm<T>& norm, const ColumnState& state, int64_t sample) {
  if (!state.mean) return {};  // given statistics
  const int64_t first = sample * norm.domains();
  return {state.mean + first, state.m2 + first, state.positions + sample,
          state.slope ? state.slope + first : nullptr};
}

// Whether a sample must be computed in float64 (wide.h).
template <class T>
bool beyond(const ColumnNorm<T>& norm, const ColumnState& sample) {
  if constexpr (std::is_same_v<T, double>) return false;
  if (norm.given.centre && !norm.given.each_sample) return false;  // running statistics
  const double n = *sample.positions * static_cast<double>(norm.merge);
  for (int64_t d = 0; d < norm.domains(); ++d)
    if (beyond_floats(norm.program, n, sample.m2[d])) return true;
  return false;
}

}  // namespace norma::kernels
