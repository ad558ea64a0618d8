#pragma once

#include <algorithm>
#include <cstdint>

#include "core/kernels/norm/block.h"
#include "core/parallel.h"
#include "core/pool.h"

namespace norma::kernels {

// Rows after which sums held in T are emptied into double.
inline constexpr int64_t kRowsPerFlush = 64;

// Sums over rows of `width` numbers, the same bits for any number of threads: each chunk sums a few
// dozen rows in T, empties that into its own doubles, and the chunks are added in order.
template <class T>
class Partials {
 public:
  Partials(int64_t width, int64_t chunks)
      : width_(width),
        chunks_(chunks),
        memory_(static_cast<size_t>(chunks * width) * sizeof(double)) {}

  // One chunk's sums. Lives on the worker's stack while the chunk runs.
  class Chunk {
   public:
    Chunk(Partials& all, int64_t chunk)
        : width_(all.width_),
          memory_(static_cast<size_t>(all.width_) * sizeof(T)),
          block_(reinterpret_cast<T*>(memory_.data())),
          total_(all.totals() + chunk * all.width_) {
      std::fill_n(total_, width_, 0.0);
      std::fill_n(block_, width_, T(0));
    }
    ~Chunk() { flush(); }
    Chunk(const Chunk&) = delete;
    Chunk& operator=(const Chunk&) = delete;
    // Says that a block of rows is about to be summed.
    void add_rows(int64_t rows) {
      if (rows_ > 0 && rows_ + rows > kRowsPerFlush) flush();
      rows_ += rows;
    }
    T* sums() { return block_; }
    // Adds to one sum, past the block.
    void add(int64_t i, double value) { total_[i] += value; }
    // The sums so far, emptied.
    const double* flush() {
      for (int64_t i = 0; i < width_; ++i) {
        total_[i] += static_cast<double>(block_[i]);
        block_[i] = T(0);
      }
      rows_ = 0;
      return total_;
    }

   private:
    int64_t width_;
    Storage memory_;
    T* block_;
    double* total_;
    int64_t rows_ = 0;
  };

  // The sum of entry i over all chunks.
  double combined(int64_t i) const {
    double sum = 0;
    for (int64_t chunk = 0; chunk < chunks_; ++chunk) sum += totals()[chunk * width_ + i];
    return sum;
  }
  int64_t chunks() const { return chunks_; }

 private:
  double* totals() const { return reinterpret_cast<double*>(memory_.data()); }
  int64_t width_, chunks_;
  Storage memory_;
};

// Where each parameter's gradient lies in a row of partial sums. `fold` positions lie side by side
// in what the kernels take for channels (see column_walk.h).
template <class T>
struct ParamLayout {
  ParamLayout(const NormProgram<T>& program, int64_t channels, int64_t fold = 1)
      : channels(channels), fold(fold) {
    for (int j = 0; j < program.params; ++j) {
      offset[j] = width;
      width += program.scalar_param[j] ? 1 : channels * fold;
    }
  }
  void show(const NormProgram<T>& program, T* sums, NormSumsBlock<T>& block) const {
    for (int j = 0; j < program.params; ++j) block.dparams[j] = sums + offset[j];
  }
  // Adds the combined sums to program.dparam.
  void add_to(const NormProgram<T>& program, const Partials<T>& partials) const {
    for (int j = 0; j < program.params; ++j) {
      T* const target = program.dparam[j];
      if (!target) continue;
      if (program.scalar_param[j]) {
        target[0] += static_cast<T>(partials.combined(offset[j]));
        continue;
      }
      parallel_ranges(channels, partials.chunks() * fold, [&](int64_t begin, int64_t end) {
        for (int64_t c = begin; c < end; ++c) {
          double sum = 0;
          for (int64_t f = 0; f < fold; ++f) sum += partials.combined(offset[j] + f * channels + c);
          target[c] += static_cast<T>(sum);
        }
      });
    }
  }
  int64_t channels, fold, width = 0;
  int64_t offset[kMaxNormParams] = {};
};

// The mean in two parts of type T.
template <class T>
void split_centre(double mean, T& hi, T& lo) {
  hi = static_cast<T>(mean);
  lo = static_cast<T>(mean - static_cast<double>(hi));
}

}  // namespace norma::kernels
