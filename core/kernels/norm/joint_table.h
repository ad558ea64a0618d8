#pragma once

#include <cstdint>

// The table of a norm that mixes the statistics of several domains. Its cells are the channels of
// each sample; larger domains, a sample or a channel of the batch, are merged out of them.
namespace norma::kernels {

struct JointCells {
  int64_t samples = 0, channels = 0;
  const double* positions = nullptr;  // valid ones, one a sample
  const double* mean = nullptr;       // (samples, channels), 0 for uncentred statistics
  const double* m2 = nullptr;
  // In eval: the channels' statistics over the batch, from outside.
  const double* given_mean = nullptr;
  const double* given_variance = nullptr;
  const double* learned = nullptr;  // numbers that the table itself learns
};

class JointTable {
 public:
  virtual ~JointTable() = default;
  // stats (samples, stats, channels).
  virtual void forward(const JointCells& cells, double* stats) const = 0;
  // From sums (samples, stats + 1, channels) of dy·∂f/∂stat, and last dy·∂f/∂u, to the
  // coefficients of 1 and of u in dx, (samples, channels), and to the gradients of what the table
  // learns, which are added.
  virtual void backward(const JointCells& cells, const double* sums, double* along_one,
                        double* along_u, double* dlearned) const = 0;
  // The channels' moments over the batch, and of how many positions.
  virtual double merged(const JointCells& cells, double* mean, double* m2) const = 0;
  // The variance that the running one moves towards, from such moments of n > 1 positions.
  virtual void tracked(double n, int64_t channels, const double* m2, double* variance) const = 0;
};

}  // namespace norma::kernels
