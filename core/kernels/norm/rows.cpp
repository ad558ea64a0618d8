#include "core/kernels/norm/rows.h"

#include <algorithm>
#include <cstring>

#include "core/kernels/norm/partials.h"
#include "core/kernels/norm/row_moments.h"
#include "core/kernels/norm/wide.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

// Rows handled together; a block's x, dy and dx stay in the first-level cache.
constexpr int64_t kMostRows = 32;

template <class T>
int64_t rows_in_block(int64_t channels) {
  const int64_t fitting = 8 * 1024 / (channels * static_cast<int64_t>(sizeof(T)));
  return std::clamp<int64_t>(fitting / 4 * 4, 4, kMostRows);
}

// Statistics of the rows of one block, and what the kernels read of them.
template <class T>
struct BlockStats {
  double n[kMostRows], mean[kMostRows], m2[kMostRows], stats[kMaxNormStats * kMostRows];
  T hi[kMostRows], lo[kMostRows], stat[kMaxNormStats][kMostRows];
  NormCells cells(int64_t rows) const { return {rows, n, mean, m2}; }

  // From moments to what the kernels read.
  void tabulate(const RowNorm<T>& norm, int64_t rows) {
    if (!norm.program.table) return;
    std::fill_n(n, rows, static_cast<double>(norm.entering));
    norm.program.table->forward(cells(rows), stats);
    for (int64_t r = 0; r < rows; ++r) split_centre(mean[r], hi[r], lo[r]);
    for (int k = 0; k < norm.program.stats; ++k)
      for (int64_t r = 0; r < rows; ++r) stat[k][r] = static_cast<T>(stats[k * rows + r]);
  }

  void show(const RowNorm<T>& norm, int64_t first, int64_t rows, NormBlock<T>& block) const {
    block.context = norm.program.kernels->context;
    block.rows = rows;
    block.channels = norm.channels;
    block.x = norm.x + first * norm.channels;
    block.x_stride = norm.channels;
    block.centre_hi = hi;
    block.centre_lo = lo;
    for (int k = 0; k < norm.program.stats; ++k) block.stats[k] = stat[k];
    for (int j = 0; j < norm.program.params; ++j) block.params[j] = norm.program.param[j];
  }
};

// x = base + scale·drop·branch for some rows.
template <class T>
void add_branch(const RowNorm<T>& norm, int64_t first, int64_t rows) {
  for (int64_t row = first; row < first + rows; ++row) {
    const T factor = norm.drop ? norm.scale * norm.drop[row / norm.rows_per_sample] : norm.scale;
    const T* const base = norm.base + row * norm.channels;
    const T* const branch = norm.branch + row * norm.channels;
    T* const x = norm.x + row * norm.channels;
    if (factor == T(1)) {
#pragma omp simd
      for (int64_t c = 0; c < norm.channels; ++c) x[c] = base[c] + branch[c];
    } else {
#pragma omp simd
      for (int64_t c = 0; c < norm.channels; ++c) x[c] = base[c] + factor * branch[c];
    }
  }
}

// Calls body(first, rows) for blocks of valid rows in [begin, end), which no row that is `alone`
// shares with others, and gap(row) for each padding row.
template <class T, class Alone, class Body, class Gap>
void over_blocks(const RowNorm<T>& norm, int64_t begin, int64_t end, Alone alone, Body body,
                 Gap gap) {
  const int64_t most = rows_in_block<T>(norm.channels);
  for (int64_t row = begin; row < end;) {
    if (norm.mask && !norm.mask[row]) {
      gap(row++);
      continue;
    }
    int64_t rows = 1;
    if (!alone(row))
      while (rows < most && row + rows < end && (!norm.mask || norm.mask[row + rows]) &&
             !alone(row + rows))
        ++rows;
    body(row, rows);
    row += rows;
  }
}

template <class T>
bool beyond(const RowNorm<T>& norm, const double* m2, int64_t row) {
  return norm.program.table &&
         beyond_floats(norm.program, static_cast<double>(norm.entering), m2[row]);
}

template <class T>
void forward_block(const RowNorm<T>& norm, int64_t first, int64_t rows, T* y, double* mean,
                   double* m2) {
  BlockStats<T> stats;
  if (norm.branch) add_branch(norm, first, rows);
  if (norm.program.table) {
    row_moments(norm.x + first * norm.channels, norm.channels, rows, norm.entering,
                norm.program.centred, stats.mean, stats.m2);
    std::copy_n(stats.mean, rows, mean + first);
    std::copy_n(stats.m2, rows, m2 + first);
  }
  stats.tabulate(norm, rows);
  NormForwardBlock<T> block;
  stats.show(norm, first, rows, block);
  block.y = y + first * norm.channels;
  block.y_stride = norm.channels;
  norm.program.kernels->forward(block);
  if constexpr (std::is_same_v<T, float>)
    for (int64_t row = first; row < first + rows; ++row)
      if (beyond(norm, m2, row)) wide_row_forward(norm, row, y, mean, m2);
}

// The ways back through the moments: ∂L/∂mean and ∂L/∂m2 of each row become the coefficients of
// 1 and of u in dx.
template <class T>
struct BlockReturn {
  T dstat[kMaxNormStats][kMostRows], dcentre[kMostRows];
  double dstats[kMaxNormStats * kMostRows], dmean[kMostRows], dm2[kMostRows];
  T along_one[kMostRows], along_u[kMostRows];

  void through_table(const RowNorm<T>& norm, const BlockStats<T>& stats, int64_t rows) {
    for (int k = 0; k < norm.program.stats; ++k)
      for (int64_t r = 0; r < rows; ++r) dstats[k * rows + r] = static_cast<double>(dstat[k][r]);
    norm.program.table->backward(stats.cells(rows), dstats, dmean, dm2);
    for (int64_t r = 0; r < rows; ++r) {
      const double a = norm.program.centred ? dmean[r] - static_cast<double>(dcentre[r]) : 0.0;
      along_one[r] = static_cast<T>(a / static_cast<double>(norm.entering));
      along_u[r] = static_cast<T>(2.0 * dm2[r]);
    }
  }
};

// dx of the channels that enter no statistic.
template <class T>
void apply_to_rest(const RowNorm<T>& norm, NormApplyBlock<T> block) {
  constexpr T kNothing[kMostRows] = {};
  block.channels = norm.channels - norm.entering;
  block.x += norm.entering;
  block.dy += norm.entering;
  block.dx += norm.entering;
  block.along_one = block.along_u = kNothing;
  if (block.beside) block.beside += norm.entering;
  for (int j = 0; j < norm.program.params; ++j)
    if (!norm.program.scalar_param[j]) block.params[j] += norm.entering;
  norm.program.kernels->apply(block);
}

// dx += what reaches the sum directly.
template <class T>
void add_direct(const RowNorm<T>& norm, int64_t first, int64_t rows, const T* dsum, T* dx) {
  const T* const direct = dsum + first * norm.channels;
  T* const target = dx + first * norm.channels;
#pragma omp simd
  for (int64_t i = 0; i < rows * norm.channels; ++i) target[i] += direct[i];
}

template <class T>
void backward_block(const RowNorm<T>& norm, int64_t first, int64_t rows, const T* dy, const T* dsum,
                    const double* mean, const double* m2, T* dx, const ParamLayout<T>& layout,
                    typename Partials<T>::Chunk& partials) {
  if constexpr (std::is_same_v<T, float>)
    if (beyond(norm, m2, first)) {
      wide_row_backward(norm, first, dy, mean, m2, dx, layout, partials);
      if (dsum) add_direct(norm, first, rows, dsum, dx);
      return;
    }
  const int64_t channels = norm.channels;
  BlockStats<T> stats;
  if (norm.program.table) {
    std::copy_n(mean + first, rows, stats.mean);
    std::copy_n(m2 + first, rows, stats.m2);
  }
  stats.tabulate(norm, rows);

  BlockReturn<T> back;
  NormSumsBlock<T> sums;
  stats.show(norm, first, rows, sums);
  sums.dy = dy + first * channels;
  sums.dy_stride = channels;
  for (int k = 0; k < norm.program.stats; ++k) sums.dstats[k] = back.dstat[k];
  sums.dcentre = back.dcentre;
  partials.add_rows(rows);
  layout.show(norm.program, partials.sums(), sums);
  if (!norm.program.table) {
    sums.dx = dx + first * channels;
    sums.dx_stride = channels;
  }
  norm.program.kernels->sums(sums);

  if (norm.program.table) {
    back.through_table(norm, stats, rows);
    NormApplyBlock<T> apply;
    stats.show(norm, first, rows, apply);
    apply.dy = dy + first * channels;
    apply.dy_stride = channels;
    apply.along_one = back.along_one;
    apply.along_u = back.along_u;
    apply.dx = dx + first * channels;
    apply.dx_stride = channels;
    if (dsum) apply.beside = dsum + first * channels;
    apply.channels = norm.entering;
    norm.program.kernels->apply(apply);
    if (norm.entering < channels) apply_to_rest(norm, apply);
  } else if (dsum) {  // not in the loop of the sums: asking there made it slower without dsum, too
    add_direct(norm, first, rows, dsum, dx);
  }
}

constexpr int64_t kWorkPerElement = 8;
constexpr int64_t kMostChunks = 16;

}  // namespace

template <class T>
void rows_forward(const RowNorm<T>& norm, T* y, double* mean, double* m2) {
  const Chunks cut = chunks_of(norm.rows, norm.channels * kWorkPerElement, kMostChunks);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    over_blocks(
        norm, cut.begin(chunk), cut.end(chunk), [](int64_t) { return false; },
        [&](int64_t first, int64_t rows) { forward_block(norm, first, rows, y, mean, m2); },
        [&](int64_t row) {
          if (norm.branch) add_branch(norm, row, 1);
          std::fill_n(y + row * norm.channels, norm.channels, T(0));
        });
  });
}

template <class T>
void rows_backward(const RowNorm<T>& norm, const T* dy, const T* dsum, const double* mean,
                   const double* m2, T* dx) {
  const Chunks cut = chunks_of(norm.rows, norm.channels * kWorkPerElement, kMostChunks);
  const ParamLayout<T> layout(norm.program, norm.channels);
  Partials<T> partials(layout.width, cut.number);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    typename Partials<T>::Chunk mine(partials, chunk);
    over_blocks(
        norm, cut.begin(chunk), cut.end(chunk), [&](int64_t row) { return beyond(norm, m2, row); },
        [&](int64_t first, int64_t rows) {
          backward_block(norm, first, rows, dy, dsum, mean, m2, dx, layout, mine);
        },
        [&](int64_t row) {
          T* const target = dx + row * norm.channels;
          if (dsum)
            std::copy_n(dsum + row * norm.channels, norm.channels, target);
          else
            std::fill_n(target, norm.channels, T(0));
        });
  });
  layout.add_to(norm.program, partials);
}

template void rows_forward(const RowNorm<float>&, float*, double*, double*);
template void rows_forward(const RowNorm<double>&, double*, double*, double*);
template void rows_backward(const RowNorm<float>&, const float*, const float*, const double*,
                            const double*, float*);
template void rows_backward(const RowNorm<double>&, const double*, const double*, const double*,
                            const double*, double*);

}  // namespace norma::kernels
