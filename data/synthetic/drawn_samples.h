#pragma once

#include <string_view>

#include "core/parallel.h"
#include "data/dataset.h"
#include "data/synthetic/task_options.h"

namespace norma {

// Labelled samples that are drawn anew whenever they are wanted, each by its number alone; labels
// take turns, so that every class is equally frequent. What derives from it draws a sample.
class DrawnSamples : public Dataset {
 public:
  // `purpose` names the random numbers, such as data.spirals.
  DrawnSamples(const TaskOptions& task, std::string_view purpose);
  int64_t size(Split split) const final;
  void fetch_training(const Draws& draws, DType dtype, Batch& batch) const final;
  void fetch(Split split, int64_t first, int64_t count, DType dtype, Batch& batch) const final;

 protected:
  int32_t class_of(int64_t index) const { return static_cast<int32_t>(index % info_.classes); }
  // The random numbers of one sample.
  RandomSequence random(Split split, int64_t index) const;
  // Fills a batch, already of its size, with the samples index_of(0), index_of(1) …
  virtual void write(Split split, FunctionRef<int64_t(int64_t)> index_of, Batch& batch) const = 0;

  const TaskOptions task_;

 private:
  uint64_t purpose_;
};

}  // namespace norma
