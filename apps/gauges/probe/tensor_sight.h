#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/kernels/tensor_summary.h"
#include "core/tensor.h"

namespace norma {

// What a probe gathers of one tensor over its batches: of a module's output, or of the gradient of
// the loss by it. The last extent counts channels. Padding positions are counted like any.
class TensorSight {
 public:
  // What gauges ask for; the moments are always there.
  struct Parts {
    bool channels = false, octaves = false, cosine = false, rank = false;
  };
  using Octaves = std::array<int64_t, kernels::OctaveBins::kNumber>;
  // Rows that the rank is taken of: a sample of them bounds its cost.
  static constexpr int64_t kRankRows = 512;

  // One more batch.
  void add(const Tensor& x, const Parts& parts);
  // As if all numbers had been multiplied by `factor`; but for the octaves.
  void scale_by(double factor);

  bool seen() const { return moments_.count > 0; }
  const kernels::Moments& moments() const { return moments_; }
  double variance() const { return moments_.m2 / moments_.count; }
  double mean_square() const { return variance() + moments_.mean * moments_.mean; }
  // The rest only where it was asked for.
  const std::vector<double>& channel_means() const { return channel_mean_; }
  double channel_variance() const;  // averaged over the channels
  double dead_share() const;        // of channels that were 0 wherever one looked
  const Octaves& octaves() const { return octaves_; }
  double cosine() const { return cosine_ / batches_; }        // the mean over batches
  double effective_rank() const { return rank_ / batches_; }  // the same

 private:
  void add_channels(const Tensor& x);

  kernels::Moments moments_;
  double batches_ = 0, rows_ = 0;
  std::vector<double> channel_mean_, channel_m2_;
  std::vector<uint8_t> alive_;
  Octaves octaves_{};
  double cosine_ = 0, rank_ = 0;
};

}  // namespace norma
