#include "data/synthetic/drawn_samples.h"

#include <array>

namespace norma {

DrawnSamples::DrawnSamples(const TaskOptions& task, std::string_view purpose)
    : task_(task), purpose_(stable_hash(purpose)) {
  info_.order = task.order.value();
}

int64_t DrawnSamples::size(Split split) const {
  return std::array{task_.train_samples, task_.val_samples,
                    task_.test_samples}[static_cast<size_t>(split)];
}

void DrawnSamples::fetch_training(const Draws& draws, DType dtype, Batch& batch) const {
  for (const int64_t place : draws.places) check_range(Split::kTrain, place, 1);
  batch.reshape(info_, std::ssize(draws.places), dtype);
  write(
      Split::kTrain, [&](int64_t i) { return draws.places[static_cast<size_t>(i)]; }, batch);
}

void DrawnSamples::fetch(Split split, int64_t first, int64_t count, DType dtype,
                         Batch& batch) const {
  check_range(split, first, count);
  batch.reshape(info_, count, dtype);
  write(
      split, [&](int64_t i) { return first + i; }, batch);
}

RandomSequence DrawnSamples::random(Split split, int64_t index) const {
  return RandomSequence(
      RandomStream(static_cast<uint64_t>(task_.seed), purpose_, static_cast<uint32_t>(split)),
      static_cast<uint32_t>(index));
}

}  // namespace norma
