#include "core/kernels/norm/columns.h"

#include <algorithm>

#include "core/kernels/norm/column_table.h"
#include "core/kernels/norm/moments.h"
#include "core/kernels/norm/partials.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

constexpr int64_t kWorkPerElement = 4;

// With this many samples every sample is a task of its own: moments, table and map run one after
// the other while the sample is in cache, in a single parallel region. With fewer, the positions of
// a sample are cut, and the three stages are regions of their own.
constexpr int64_t kManySamples = 4;

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
  return {state.mean + sample * norm.domains(), state.m2 + sample * norm.domains(),
          state.positions + sample};
}

}  // namespace

template <class T>
void columns_forward(const ColumnNorm<T>& norm, T* y, const ColumnState& state) {
  const Columns<T> columns(norm);
  const Chunks& cut = columns.cut();
  const int64_t width = columns.folding().channels;

  if (columns.many_samples()) {
    parallel_chunks(norm.samples, [&](int64_t sample) {
      const ColumnState here = of_sample(norm, state, sample);
      if (!norm.given_mean) {
        const Storage memory(static_cast<size_t>(2 * width) * sizeof(double));
        double* const mean = reinterpret_cast<double*>(memory.data());
        const double rows =
            columns.moments(sample, 0, columns.folding().positions, mean, mean + width);
        columns.merge(1, mean, mean + width, &rows, here.mean, here.m2, *here.positions);
      }
      ColumnTable<T> table(norm, columns.folding());
      table.tabulate(here.mean, here.m2, *here.positions);
      columns.map(table, sample, 0, columns.folding().positions, y);
    });
    return;
  }

  const Storage memory(static_cast<size_t>(cut.number * (2 * width + 1)) * sizeof(double));
  double* const mean = reinterpret_cast<double*>(memory.data());
  double* const m2 = mean + cut.number * width;
  double* const rows = m2 + cut.number * width;
  for (int64_t sample = 0; sample < norm.samples; ++sample) {
    const ColumnState here = of_sample(norm, state, sample);
    if (!norm.given_mean) {
      parallel_chunks(cut.number, [&](int64_t p) {
        rows[p] =
            columns.moments(sample, cut.begin(p), cut.end(p), mean + p * width, m2 + p * width);
      });
      columns.merge(cut.number, mean, m2, rows, here.mean, here.m2, *here.positions);
    }
    ColumnTable<T> table(norm, columns.folding());
    table.tabulate(here.mean, here.m2, *here.positions);
    parallel_chunks(cut.number,
                    [&](int64_t p) { columns.map(table, sample, cut.begin(p), cut.end(p), y); });
  }
}

namespace {

// The backward's two passes over a piece of a sample.
template <class T>
class ColumnsBackward {
 public:
  ColumnsBackward(const ColumnNorm<T>& norm, const Columns<T>& columns, const T* y, const T* dy,
                  T* dx, T* dshortcut)
      : norm_(norm), columns_(columns), y_(y), dy_(dy), dx_(dx), dshortcut_(dshortcut) {}

  // First pass: sums of dy·∂f/∂(stats, u) and of the parameters.
  void sums(const ColumnTable<T>& table, const ParamLayout<T>& layout, int64_t sample,
            int64_t begin, int64_t end, typename Partials<T>::Chunk& stats,
            typename Partials<T>::Chunk& params) const {
    const int64_t width = columns_.folding().channels;
    const Scratch scratch(columns_);
    columns_.over_blocks(
        sample, begin, end,
        [&](int64_t row, int64_t rows) {
          const int64_t first = columns_.at(sample, row);
          NormSumsBlock<T> block;
          columns_.show(table, first, rows, block);
          block.dy = before_activation(table, first, rows, scratch);
          block.dy_stride = width;
          stats.add_rows(rows);
          params.add_rows(rows);
          for (int k = 0; k < norm_.program.stats; ++k) block.dstats[k] = stats.sums() + k * width;
          block.dcentre = stats.sums() + norm_.program.stats * width;
          layout.show(norm_.program, params.sums(), block);
          norm_.program.kernels->sums(block);
        },
        [](int64_t) {});
  }

  // Second pass: dx.
  void apply(const ColumnTable<T>& table, int64_t sample, int64_t begin, int64_t end) const {
    const int64_t width = columns_.folding().channels;
    const Scratch scratch(columns_);
    columns_.over_blocks(
        sample, begin, end,
        [&](int64_t row, int64_t rows) {
          const int64_t first = columns_.at(sample, row);
          NormApplyBlock<T> block;
          columns_.show(table, first, rows, block);
          // The first pass left the gradient before the activation in dshortcut.
          block.dy =
              dshortcut_ ? dshortcut_ + first : before_activation(table, first, rows, scratch);
          block.dy_stride = width;
          block.along_one = table.along_one();
          block.along_u = table.along_u();
          block.dx = dx_ + first;
          block.dx_stride = width;
          norm_.program.kernels->apply(block);
        },
        [&](int64_t row) {
          std::fill_n(dx_ + columns_.at(sample, row), width, T(0));
          if (dshortcut_) std::fill_n(dshortcut_ + columns_.at(sample, row), width, T(0));
        });
  }

 private:
  // Room for the gradient before the activation and for the pre-activation of one block.
  struct Scratch {
    explicit Scratch(const Columns<T>& columns)
        : block(columns.folding().block_rows * columns.folding().channels),
          memory(static_cast<size_t>(2 * block) * sizeof(T)) {}
    T* dpre() const { return reinterpret_cast<T*>(memory.data()); }
    T* pre() const { return dpre() + block; }
    int64_t block;
    Storage memory;
  };

  // dy before the activation, for one block.
  const T* before_activation(const ColumnTable<T>& table, int64_t first, int64_t rows,
                             const Scratch& scratch) const {
    const int64_t count = rows * columns_.folding().channels;
    T* const target = dshortcut_ ? dshortcut_ + first : scratch.dpre();
    if (norm_.activation == Activation::kIdentity) {
      if (!dshortcut_) return dy_ + first;
      std::copy_n(dy_ + first, count, target);
      return target;
    }
    const T* known = y_ + first;
    if (norm_.activation != Activation::kRelu) {
      columns_.pre_activation(table, first, rows, scratch.pre());
      known = scratch.pre();
    }
    activation_backward(norm_.activation, target, dy_ + first, known, count);
    return target;
  }

  const ColumnNorm<T>& norm_;
  const Columns<T>& columns_;
  const T* y_;
  const T* dy_;
  T* dx_;
  T* dshortcut_;
};

}  // namespace

template <class T>
void columns_backward(const ColumnNorm<T>& norm, const T* y, const T* dy, const ColumnState& state,
                      T* dx, T* dshortcut) {
  const Columns<T> columns(norm);
  const ColumnsBackward<T> back(norm, columns, y, dy, dx, dshortcut);
  const Folding<T>& folding = columns.folding();
  const ParamLayout<T> layout(norm.program, norm.channels, folding.fold);
  const int64_t width = (norm.program.stats + 1) * folding.channels;

  if (columns.many_samples()) {
    Partials<T> params(layout.width, norm.samples), stats(width, norm.samples);
    parallel_chunks(norm.samples, [&](int64_t sample) {
      const ColumnState here = of_sample(norm, state, sample);
      typename Partials<T>::Chunk param_sums(params, sample), stat_sums(stats, sample);
      ColumnTable<T> table(norm, folding);
      table.tabulate(here.mean, here.m2, *here.positions);
      back.sums(table, layout, sample, 0, folding.positions, stat_sums, param_sums);
      table.tabulate_backward(here.mean, here.m2, *here.positions, stat_sums.flush());
      back.apply(table, sample, 0, folding.positions);
    });
    layout.add_to(norm.program, params);
    return;
  }

  const Chunks& cut = columns.cut();
  for (int64_t sample = 0; sample < norm.samples; ++sample) {
    const ColumnState here = of_sample(norm, state, sample);
    Partials<T> params(layout.width, cut.number), stats(width, cut.number);
    ColumnTable<T> table(norm, folding);
    table.tabulate(here.mean, here.m2, *here.positions);
    parallel_chunks(cut.number, [&](int64_t p) {
      typename Partials<T>::Chunk param_sums(params, p), stat_sums(stats, p);
      back.sums(table, layout, sample, cut.begin(p), cut.end(p), stat_sums, param_sums);
    });
    const Storage memory(static_cast<size_t>(width) * sizeof(double));
    double* const combined = reinterpret_cast<double*>(memory.data());
    for (int64_t i = 0; i < width; ++i) combined[i] = stats.combined(i);
    table.tabulate_backward(here.mean, here.m2, *here.positions, combined);
    parallel_chunks(cut.number,
                    [&](int64_t p) { back.apply(table, sample, cut.begin(p), cut.end(p)); });
    layout.add_to(norm.program, params);
  }
}

template void columns_forward(const ColumnNorm<float>&, float*, const ColumnState&);
template void columns_forward(const ColumnNorm<double>&, double*, const ColumnState&);
template void columns_backward(const ColumnNorm<float>&, const float*, const float*,
                               const ColumnState&, float*, float*);
template void columns_backward(const ColumnNorm<double>&, const double*, const double*,
                               const ColumnState&, double*, double*);

}  // namespace norma::kernels
