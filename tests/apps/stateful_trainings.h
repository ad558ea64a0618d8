#pragma once

#include <cstddef>
#include <vector>

#include "apps/trainer/training.h"
#include "tests/apps/small_trainings.h"
#include "tests/layers/norm_specs.h"
#include "tests/threads.h"

namespace norma {

inline constexpr int64_t kModelWidth = 8;

inline RunConfig training_of(Json model, const Json& data, const Json& more) {
  model.update(more);
  return run_config_of({{"model", model},
                        {"data", data},
                        {"optim", {{"type", "adamw"}, {"lr", 0.01}}},
                        {"train", {{"steps", 4}, {"batch", 8}, {"accumulate", 2}, {"ema", 0.9}}}});
}

// A training of tokens and one of images, with `more` in the model.
inline RunConfig token_training(const Json& more) {
  return training_of(
      {{"type", "gpt"}, {"layers", 2}, {"width", kModelWidth}, {"heads", 2}},
      {{"type", "selective_copy"}, {"length", 6}, {"items", 2}, {"train_samples", 100}}, more);
}
inline RunConfig image_training(const Json& more) {
  return training_of({{"type", "resnet"}, {"depth", 8}, {"width", kModelWidth}},
                     {{"type", "shapes"}, {"size", 8}, {"samples", 64}, {"test_samples", 0}}, more);
}
inline std::vector<RunConfig> trainings(const Json& more) {
  return {token_training(more), image_training(more)};
}

// The norm with everything that it can learn and track; widths of these models are multiples of 8.
inline Json with_all_state(const std::string& type) {
  Json options = *affine_spec(type, kModelWidth).options;
  if (options.contains("track_running_stats")) options["track_running_stats"] = true;
  return options;
}

// What two steps leave.
inline std::vector<std::byte> state_after_steps(const RunConfig& config, int threads) {
  const Threads set(threads);
  Training training(config);
  training.step();
  training.step();
  std::vector<std::byte> bytes;
  for (const auto& [file, tensors] : training.snapshot().tensors)
    for (const io::TensorView& tensor : tensors)
      bytes.insert(bytes.end(), tensor.data, tensor.data + tensor.bytes);
  return bytes;
}

}  // namespace norma
