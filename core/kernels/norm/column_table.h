#pragma once

#include <cstdint>

#include "core/kernels/norm/block.h"
#include "core/kernels/norm/columns.h"
#include "core/pool.h"

namespace norma::kernels {

// Few channels would leave registers half empty, so `fold` neighbouring positions are read as one
// row of fold·C channels, with every per-channel number repeated. Follows from the shape alone.
template <class T>
struct Folding {
  explicit Folding(const ColumnNorm<T>& norm);
  int64_t fold = 1;
  int64_t channels = 0;    // fold·C
  int64_t positions = 0;   // positions / fold
  int64_t block_rows = 0;  // rows that fit the first-level cache together
};

// A norm's parameters repeated `fold` times.
template <class T>
class FoldedParams {
 public:
  FoldedParams(const NormProgram<T>& program, int64_t channels, int64_t fold);
  const T* param[kMaxNormParams] = {};

 private:
  Storage memory_;
};

// What the block kernels read of one sample: centre, stats and (backward) the coefficients of 1 and
// u, one entry a folded channel.
template <class T>
class ColumnTable {
 public:
  ColumnTable(const ColumnNorm<T>& norm, const Folding<T>& folding);

  // From a sample's domain moments (or the given statistics) to centre and stats. `here` is the
  // state of that sample alone.
  void tabulate(int64_t sample, const ColumnState& here);
  // The centre alone.
  void centre_at(const double* mean);
  // From the sample's sums, see columns_sums, to the two coefficients.
  void tabulate_backward(int64_t sample, const ColumnState& here, const double* sums);
  // Sums per folded channel, several arrays of them, added up to one per domain.
  void gather(const double* folded, int64_t arrays, double* sums) const;

  void show(NormBlock<T>& block) const;
  const T* along_one() const { return at(kMaxNormStats + 2); }
  const T* along_u() const { return at(kMaxNormStats + 3); }

 private:
  T* at(int64_t array) const {
    return reinterpret_cast<T*>(memory_.data()) + array * folding_.channels;
  }
  double* doubles(int64_t array) const {
    return reinterpret_cast<double*>(small_.data()) + array * norm_.domains();
  }
  NormCells cells(int64_t sample, const ColumnState& here) const;
  const double* given(const double* array, int64_t sample, int64_t width = 1) const {
    return array + (norm_.given.each_sample ? sample * width * norm_.channels : 0);
  }
  // target[folded channel] = value(domain).
  template <class Value>
  void spread(T* target, Value value) const;

  const ColumnNorm<T>& norm_;
  const Folding<T>& folding_;
  Storage memory_;  // centre hi, lo, stats, along_one, along_u: one entry a folded channel
  Storage small_;   // doubles, one entry a domain
};

}  // namespace norma::kernels
