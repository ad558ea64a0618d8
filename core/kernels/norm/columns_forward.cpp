#include <cmath>

#include "core/kernels/norm/column_walk.h"

namespace norma::kernels {
namespace {

// The moments of one sample in one piece.
template <class T>
void moments_of(const Columns<T>& columns, int64_t sample, const ColumnState& here) {
  const int64_t width = columns.folding().channels;
  const Storage memory(static_cast<size_t>(2 * width) * sizeof(double));
  double* const mean = reinterpret_cast<double*>(memory.data());
  const double rows = columns.moments(sample, 0, columns.folding().positions, mean, mean + width);
  columns.merge(1, mean, mean + width, &rows, here.mean, here.m2, *here.positions);
}

// The moments of few samples, each in pieces.
template <class T>
void moments_in_pieces(const ColumnNorm<T>& norm, const Columns<T>& columns,
                       const ColumnState& state) {
  const Chunks& cut = columns.cut();
  const int64_t width = columns.folding().channels;
  const Storage memory(static_cast<size_t>(cut.number * (2 * width + 1)) * sizeof(double));
  double* const mean = reinterpret_cast<double*>(memory.data());
  double* const m2 = mean + cut.number * width;
  double* const rows = m2 + cut.number * width;
  for (int64_t sample = 0; sample < norm.samples; ++sample) {
    const ColumnState here = of_sample(norm, state, sample);
    parallel_chunks(cut.number, [&](int64_t p) {
      rows[p] = columns.moments(sample, cut.begin(p), cut.end(p), mean + p * width, m2 + p * width);
    });
    columns.merge(cut.number, mean, m2, rows, here.mean, here.m2, *here.positions);
  }
}

// Replaces m2 by Σφ(u), which takes the final mean and so a pass of its own.
template <class T>
void deviations(const ColumnNorm<T>& norm, const Columns<T>& columns, const ColumnState& state) {
  const Chunks& cut = columns.cut();
  const int64_t width = 2 * columns.folding().channels;
  const Storage memory(static_cast<size_t>(width + 2 * norm.domains()) * sizeof(double));
  double* const combined = reinterpret_cast<double*>(memory.data());
  double* const gathered = combined + width;
  for (int64_t sample = 0; sample < norm.samples; ++sample) {
    const ColumnState here = of_sample(norm, state, sample);
    ColumnTable<T> table(norm, columns.folding());
    table.centre_at(here.mean);
    Partials<T> partials(width, cut.number);
    parallel_chunks(cut.number, [&](int64_t p) {
      typename Partials<T>::Chunk sums(partials, p);
      columns.deviation(table, sample, cut.begin(p), cut.end(p), sums);
    });
    for (int64_t i = 0; i < width; ++i) combined[i] = partials.combined(i);
    table.gather(combined, 2, gathered);
    const bool extreme = beyond(norm, here);
    std::copy_n(gathered, norm.domains(), here.m2);
    std::copy_n(gathered + norm.domains(), norm.domains(), here.slope);
    // φ(u) may overflow, or see subnormals as 0, where x is far from the range that floats square.
    if constexpr (std::is_same_v<T, float>)
      if (extreme || std::any_of(gathered, combined + width + norm.domains(),
                                 [](double sum) { return !std::isfinite(sum); }))
        wide_columns_moments(norm, sample, state);
  }
}

template <class T>
void moments_stage(const ColumnNorm<T>& norm, const Columns<T>& columns, const ColumnState& state) {
  if (columns.many_samples())
    parallel_chunks(norm.samples, [&](int64_t sample) {
      moments_of(columns, sample, of_sample(norm, state, sample));
    });
  else
    moments_in_pieces(norm, columns, state);
  if (norm.program.kernels->deviation) deviations(norm, columns, state);
}

template <class T>
void map_of(const ColumnNorm<T>& norm, const Columns<T>& columns, int64_t sample,
            const ColumnState& state, T* y) {
  const ColumnState here = of_sample(norm, state, sample);
  if constexpr (std::is_same_v<T, float>)
    if (beyond(norm, here)) return wide_columns_map(norm, sample, y, state);
  ColumnTable<T> table(norm, columns.folding());
  table.tabulate(sample, here);
  columns.map(table, sample, 0, columns.folding().positions, y);
}

template <class T>
void map_stage(const ColumnNorm<T>& norm, const Columns<T>& columns, const ColumnState& state,
               T* y) {
  if (columns.many_samples()) {
    parallel_chunks(norm.samples, [&](int64_t sample) { map_of(norm, columns, sample, state, y); });
    return;
  }
  const Chunks& cut = columns.cut();
  for (int64_t sample = 0; sample < norm.samples; ++sample) {
    const ColumnState here = of_sample(norm, state, sample);
    if (beyond(norm, here)) {
      map_of(norm, columns, sample, state, y);
      continue;
    }
    ColumnTable<T> table(norm, columns.folding());
    table.tabulate(sample, here);
    parallel_chunks(cut.number,
                    [&](int64_t p) { columns.map(table, sample, cut.begin(p), cut.end(p), y); });
  }
}

}  // namespace

template <class T>
void columns_moments(const ColumnNorm<T>& norm, const ColumnState& state) {
  moments_stage(norm, Columns<T>(norm), state);
}

template <class T>
void columns_map(const ColumnNorm<T>& norm, T* y, const ColumnState& state) {
  map_stage(norm, Columns<T>(norm), state, y);
}

template <class T>
void columns_forward(const ColumnNorm<T>& norm, T* y, const ColumnState& state) {
  const Columns<T> columns(norm);
  if (!norm.given.centre && columns.one_go()) {
    parallel_chunks(norm.samples, [&](int64_t sample) {
      moments_of(columns, sample, of_sample(norm, state, sample));
      map_of(norm, columns, sample, state, y);
    });
    return;
  }
  if (!norm.given.centre) moments_stage(norm, columns, state);
  map_stage(norm, columns, state, y);
}

#define NORMA_INSTANTIATE(T)                                                   \
  template void columns_forward(const ColumnNorm<T>&, T*, const ColumnState&); \
  template void columns_moments(const ColumnNorm<T>&, const ColumnState&);     \
  template void columns_map(const ColumnNorm<T>&, T*, const ColumnState&);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
