#include "core/kernels/norm/column_walk.h"

namespace norma::kernels {
namespace {

// The backward's two passes over a piece of a sample.
template <class T>
class ColumnsBackward {
 public:
  ColumnsBackward(const ColumnNorm<T>& norm, const Columns<T>& columns, const ColumnGrads<T>& grads)
      : norm_(norm),
        columns_(columns),
        y_(grads.y),
        dy_(grads.dy),
        dx_(grads.dx),
        dshortcut_(grads.dshortcut),
        grads_(grads) {}

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
          block.dx = dx_ + first;
          block.dx_stride = width;
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

  // Both for a sample beyond the range of floats; give false where it is not.
  bool wide_sums(int64_t sample, const ColumnState& state, const ParamLayout<T>& layout,
                 typename Partials<T>::Chunk& params, double* sums) const {
    if (!beyond(norm_, of_sample(norm_, state, sample))) return false;
    if constexpr (std::is_same_v<T, float>)
      wide_columns_sums(norm_, sample, state, grads_, sums, layout, params);
    return true;
  }
  bool wide_apply(int64_t sample, const ColumnState& state, const double* sums) const {
    if (!beyond(norm_, of_sample(norm_, state, sample))) return false;
    if constexpr (std::is_same_v<T, float>) wide_columns_apply(norm_, sample, state, grads_, sums);
    return true;
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
  const ColumnGrads<T>& grads_;
};

// The sums of one sample in one piece, gathered into norm.sums() numbers.
template <class T>
void sums_of(const ColumnNorm<T>& norm, const ColumnsBackward<T>& back, const Columns<T>& columns,
             const ColumnTable<T>& table, const ParamLayout<T>& layout, int64_t sample,
             const ColumnState& state, Partials<T>& params, Partials<T>& stats, double* sums) {
  typename Partials<T>::Chunk param_sums(params, sample), stat_sums(stats, sample);
  if (back.wide_sums(sample, state, layout, param_sums, sums)) return;
  back.sums(table, layout, sample, 0, columns.folding().positions, stat_sums, param_sums);
  table.gather(stat_sums.flush(), norm.program.stats + 1, sums);
}

// The same by itself, with its parameter gradients.
template <class T>
void wide_sums_of(const ColumnNorm<T>& norm, const ColumnsBackward<T>& back,
                  const ParamLayout<T>& layout, int64_t sample, const ColumnState& state,
                  double* sums) {
  Partials<T> params(layout.width, 1);
  {
    typename Partials<T>::Chunk param_sums(params, 0);
    back.wide_sums(sample, state, layout, param_sums, sums);
  }
  layout.add_to(norm.program, params);
}

template <class T>
void sums_stage(const ColumnNorm<T>& norm, const Columns<T>& columns, const ColumnState& state,
                const ColumnsBackward<T>& back, double* sums) {
  const Folding<T>& folding = columns.folding();
  const ParamLayout<T> layout(norm.program, norm.channels, folding.fold);
  const int64_t width = (norm.program.stats + 1) * folding.channels;
  if (columns.many_samples()) {
    Partials<T> params(layout.width, norm.samples), stats(width, norm.samples);
    parallel_chunks(norm.samples, [&](int64_t sample) {
      ColumnTable<T> table(norm, folding);
      table.tabulate(sample, of_sample(norm, state, sample));
      sums_of(norm, back, columns, table, layout, sample, state, params, stats,
              sums + sample * norm.sums());
    });
    layout.add_to(norm.program, params);
    return;
  }
  const Chunks& cut = columns.cut();
  const Storage memory(static_cast<size_t>(width) * sizeof(double));
  double* const combined = reinterpret_cast<double*>(memory.data());
  for (int64_t sample = 0; sample < norm.samples; ++sample) {
    if (beyond(norm, of_sample(norm, state, sample))) {
      wide_sums_of(norm, back, layout, sample, state, sums + sample * norm.sums());
      continue;
    }
    Partials<T> params(layout.width, cut.number), stats(width, cut.number);
    ColumnTable<T> table(norm, folding);
    table.tabulate(sample, of_sample(norm, state, sample));
    parallel_chunks(cut.number, [&](int64_t p) {
      typename Partials<T>::Chunk param_sums(params, p), stat_sums(stats, p);
      back.sums(table, layout, sample, cut.begin(p), cut.end(p), stat_sums, param_sums);
    });
    for (int64_t i = 0; i < width; ++i) combined[i] = stats.combined(i);
    table.gather(combined, norm.program.stats + 1, sums + sample * norm.sums());
    layout.add_to(norm.program, params);
  }
}

template <class T>
void apply_stage(const ColumnNorm<T>& norm, const Columns<T>& columns, const ColumnState& state,
                 const ColumnsBackward<T>& back, const double* sums) {
  const auto sums_at = [&](int64_t sample) { return sums ? sums + sample * norm.sums() : nullptr; };
  const auto tabulate = [&](ColumnTable<T>& table, int64_t sample) {
    const ColumnState here = of_sample(norm, state, sample);
    table.tabulate(sample, here);
    table.tabulate_backward(sample, here, sums_at(sample));
  };
  if (columns.many_samples()) {
    parallel_chunks(norm.samples, [&](int64_t sample) {
      if (back.wide_apply(sample, state, sums_at(sample))) return;
      ColumnTable<T> table(norm, columns.folding());
      tabulate(table, sample);
      back.apply(table, sample, 0, columns.folding().positions);
    });
    return;
  }
  const Chunks& cut = columns.cut();
  for (int64_t sample = 0; sample < norm.samples; ++sample) {
    if (back.wide_apply(sample, state, sums_at(sample))) continue;
    ColumnTable<T> table(norm, columns.folding());
    tabulate(table, sample);
    parallel_chunks(cut.number,
                    [&](int64_t p) { back.apply(table, sample, cut.begin(p), cut.end(p)); });
  }
}

}  // namespace

template <class T>
void columns_sums(const ColumnNorm<T>& norm, const ColumnState& state, const ColumnGrads<T>& grads,
                  double* sums) {
  const Columns<T> columns(norm);
  sums_stage(norm, columns, state, ColumnsBackward<T>(norm, columns, grads), sums);
}

template <class T>
void columns_apply(const ColumnNorm<T>& norm, const ColumnState& state, const ColumnGrads<T>& grads,
                   const double* sums) {
  const Columns<T> columns(norm);
  apply_stage(norm, columns, state, ColumnsBackward<T>(norm, columns, grads), sums);
}

template <class T>
void columns_backward(const ColumnNorm<T>& norm, const ColumnState& state,
                      const ColumnGrads<T>& grads) {
  const Columns<T> columns(norm);
  const ColumnsBackward<T> back(norm, columns, grads);
  const Storage memory(static_cast<size_t>(norm.samples * norm.sums()) * sizeof(double));
  double* const sums = reinterpret_cast<double*>(memory.data());
  if (!columns.many_samples()) {
    sums_stage(norm, columns, state, back, sums);
    apply_stage(norm, columns, state, back, sums);
    return;
  }
  // Both passes over a sample one after the other, while it is in cache.
  const Folding<T>& folding = columns.folding();
  const ParamLayout<T> layout(norm.program, norm.channels, folding.fold);
  Partials<T> params(layout.width, norm.samples);
  Partials<T> stats((norm.program.stats + 1) * folding.channels, norm.samples);
  parallel_chunks(norm.samples, [&](int64_t sample) {
    const ColumnState here = of_sample(norm, state, sample);
    double* const sums_here = sums + sample * norm.sums();
    ColumnTable<T> table(norm, folding);
    table.tabulate(sample, here);
    sums_of(norm, back, columns, table, layout, sample, state, params, stats, sums_here);
    if (back.wide_apply(sample, state, sums_here)) return;
    table.tabulate_backward(sample, here, sums_here);
    back.apply(table, sample, 0, folding.positions);
  });
  layout.add_to(norm.program, params);
}

#define NORMA_INSTANTIATE(T)                                                                       \
  template void columns_backward(const ColumnNorm<T>&, const ColumnState&, const ColumnGrads<T>&); \
  template void columns_sums(const ColumnNorm<T>&, const ColumnState&, const ColumnGrads<T>&,      \
                             double*);                                                             \
  template void columns_apply(const ColumnNorm<T>&, const ColumnState&, const ColumnGrads<T>&,     \
                              const double*);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
