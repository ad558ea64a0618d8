#pragma once

#include <cstdint>

// The contract between the two loop shapes (rows.cpp, columns_*.cpp), which own parallelism,
// chunks, masks and memory, and a norm's formula, which is compiled into block kernels by
// layers/norms/formula.h. A block is a handful of rows of C channels that fit the first-level
// cache.
namespace norma::kernels {

inline constexpr int kMaxNormStats = 4;   // numbers that a table hands to the map
inline constexpr int kMaxNormParams = 4;  // learned tensors of a norm

// What every block kernel reads. `centre` is the mean in two parts, so that u = (x − hi) − lo is
// exact to rounding even where |mean| ≫ deviation. Arrays of stats and centre have one entry a row
// or one a channel. A per-channel parameter has C entries, a scalar one entry.
template <class T>
struct NormBlock {
  int64_t rows = 0, channels = 0;
  const T* x = nullptr;
  int64_t x_stride = 0;  // elements from row to row
  const T* centre_hi = nullptr;
  const T* centre_lo = nullptr;
  const T* stats[kMaxNormStats] = {};
  const T* params[kMaxNormParams] = {};
  const void* context = nullptr;  // that of the kernels
};

// y = map(x, u, stats, params).
template <class T>
struct NormForwardBlock : NormBlock<T> {
  T* y = nullptr;
  int64_t y_stride = 0;
};

// The sums of dy·∂f/∂(stat, u, parameter). Stats and centre: one a row (assigned) or one a channel
// (added to). Parameters: one a channel, or one number (both added to).
// Also dx = dy·∂f/∂x, of rows without statistics, which need no apply, and where the kernels keep
// it for apply.
template <class T>
struct NormSumsBlock : NormBlock<T> {
  const T* dy = nullptr;
  int64_t dy_stride = 0;
  T* dstats[kMaxNormStats] = {};
  T* dcentre = nullptr;
  T* dparams[kMaxNormParams] = {};
  T* dx = nullptr;
  int64_t dx_stride = 0;
};

// dx = dy·∂f/∂x + along_one + along_u·u [+ beside]: what passes on, the two ways back through the
// moments, and what reaches x past the norm.
template <class T>
struct NormApplyBlock : NormBlock<T> {
  const T* dy = nullptr;
  int64_t dy_stride = 0;
  const T* along_one = nullptr;  // one a row or a channel, as the stats
  const T* along_u = nullptr;
  T* dx = nullptr;
  int64_t dx_stride = 0;
  const T* beside = nullptr;  // lies as dx; null = nothing; rows alone read it
};

// Sums of φ(u) and φ′(u) a channel (added to), for a deviation of a formula's own, see
// NormBlockKernels.
template <class T>
struct NormDeviationBlock : NormBlock<T> {
  T* deviation = nullptr;
  T* slope = nullptr;
};

// A formula compiled for one number type.
template <class T>
struct NormBlockKernels {
  void (*forward)(const NormForwardBlock<T>&) = nullptr;
  void (*sums)(const NormSumsBlock<T>&) = nullptr;
  void (*apply)(const NormApplyBlock<T>&) = nullptr;  // null for rows without statistics
  // Where the second moment is not Σu² but Σφ(u): its sums. `apply` then multiplies along_u by
  // φ′(u) instead of u. Null: φ = u².
  void (*deviation)(const NormDeviationBlock<T>&) = nullptr;
  // Whether `apply` takes dy·∂f/∂x from dx, where `sums` left it.
  bool keeps_direct = false;
  // What the kernels read besides the block: a formula that is data and not code.
  const void* context = nullptr;
};

// Moments of `cells` domains: n elements each, their mean (0 for uncentred statistics), and
// m2 = Σ(x − mean)², or Σφ(x − mean).
struct NormCells {
  int64_t cells = 0;
  const double* n = nullptr;
  const double* mean = nullptr;
  const double* m2 = nullptr;
  // For tables that look back: running statistics before this step, and how often they were
  // updated.
  const double* past_mean = nullptr;
  const double* past_second = nullptr;
  double updates = 0;
  // The moments that values without a gradient follow from; those above where null. A gradient
  // check holds them fixed.
  const double* held_mean = nullptr;
  const double* held_m2 = nullptr;
};

// The middle stage: a few lines over the small table of domains, in double.
class NormTable {
 public:
  virtual ~NormTable() = default;
  // stats[k·cells + i] = table(cell i)[k].
  virtual void forward(const NormCells& cells, double* stats) const = 0;
  // From dstats[k·cells + i] = ∂L/∂stat to ∂L/∂mean and ∂L/∂m2 of each cell, through the table
  // alone.
  virtual void backward(const NormCells& cells, const double* dstats, double* dmean,
                        double* dm2) const = 0;
  // What is tracked beside the mean for use in eval: one number a cell.
  virtual void tracked(const NormCells& cells, double* second) const = 0;
  // The stats in eval, from running statistics: cells.mean, and in cells.m2 what was tracked.
  virtual void given(const NormCells& cells, double* stats) const = 0;
  // Whether it reads the running statistics before this step.
  virtual bool looks_back() const { return false; }
};

// In the place of a table where statistics stream: what normalizes a sample follows from state that
// earlier samples left, some numbers a channel, and the gradient is steered by such state too
// instead of going through the moments. One cell a channel.
class NormStreaming {
 public:
  virtual ~NormStreaming() = default;
  // Centre and stats ((stats, cells)) of the next sample, whose moments move the state; `updates`
  // counts the forwards, this one included.
  virtual void advance(const NormCells& cells, double updates, double* const* state, double* centre,
                       double* stats) const = 0;
  // Centre and stats in eval.
  virtual void at_rest(int64_t cells, double* const* state, double* centre,
                       double* stats) const = 0;
  // From the sums of that sample in the backward, as columns_sums leaves them, to what its dx has
  // besides dy·∂f/∂x: along_one + along_u·u. Moves the state.
  virtual void control(const NormCells& cells, const double* centre, const double* stats,
                       const double* sums, double* const* state, double* along_one,
                       double* along_u) const = 0;
};

// A norm as the drivers see it.
template <class T>
struct NormProgram {
  const NormBlockKernels<T>* kernels = nullptr;
  // The same formula in float64, for domains that float32 cannot hold (wide.h); null = never.
  const NormBlockKernels<double>* wide = nullptr;
  const NormTable* table = nullptr;  // none for pointwise maps
  int stats = 0;
  int params = 0;
  bool centred = true;
  bool scalar_param[kMaxNormParams] = {};
  const T* param[kMaxNormParams] = {};  // C entries or one
  T* dparam[kMaxNormParams] = {};       // where gradients are added, or null; C entries or one
};

}  // namespace norma::kernels
