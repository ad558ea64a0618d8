#pragma once

#include "data/dataset.h"

namespace norma {

// The batches of one training run, by global sample number: step s of a run with batch size B takes
// the samples sB … (s+1)B-1. However they are cut into micro-batches, threads or processes, sample
// k is the same sample with the same augmentation.
class Loader {
 public:
  Loader(const Dataset& data, uint64_t seed, DType dtype);

  // Training samples first … first + count - 1.
  void training(uint64_t first, int64_t count, Batch& batch) const;
  // Evaluation samples first … first + count - 1 of a split.
  void evaluation(Split split, int64_t first, int64_t count, Batch& batch) const;

  // Training samples until every sample was seen once.
  int64_t epoch_size() const { return sampler_.epoch_size(); }
  const Dataset& data() const { return data_; }

 private:
  const Dataset& data_;
  Sampler sampler_;
  RandomStream augment_;
  DType dtype_;
};

}  // namespace norma
