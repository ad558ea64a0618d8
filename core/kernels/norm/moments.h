#pragma once

#include <cstdint>

namespace norma::kernels {

// Moments of channels; those of rows are in row_moments.h. With T = float, all are right over the
// whole range: where the squares of a row or of a channel's block overflow or underflow, that row
// or block is summed again in double, subnormals included (moments_exact.h).

// Moments per channel of a set of rows, built up block by block.
struct ColumnMoments {
  double* mean;  // C entries each
  double* m2;
  double count = 0;  // rows so far; equal for every channel
};

// Adds a block of rows (small enough for the first-level cache) to the moments of every channel:
// two passes over the block, then the merge of Chan, Golub and LeVeque (1979) in double. For
// uncentred statistics the mean stays 0 and m2 = Σx². `scratch` holds 2·C numbers.
template <class T>
void add_block_moments(const T* x, int64_t stride, int64_t rows, int64_t channels, bool centred,
                       T* scratch, ColumnMoments& moments);

// Merges moments (n_b, mean_b, m2_b) into (n, mean, m2).
inline void merge_moments(double& n, double& mean, double& m2, double n_b, double mean_b,
                          double m2_b) {
  if (n_b == 0) return;
  const double total = n + n_b, delta = mean_b - mean;
  mean += delta * (n_b / total);
  m2 += m2_b + delta * delta * (n * n_b / total);
  n = total;
}

}  // namespace norma::kernels
