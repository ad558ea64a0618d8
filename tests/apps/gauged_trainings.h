#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/gauges/gauges.h"
#include "tests/models/small_models.h"
#include "tests/specimen.h"

// Small trainings that gauges are read of.
namespace norma {

inline RunConfig gauged(const Json& json) { return read_run_config(json, "the test", {}, nullptr); }

// A transformer whose attention is uniform.
inline Json uniform_gpt(const std::string& placement) {
  return {
      {"model",
       {{"type", "gpt"},
        {"layers", 3},
        {"width", 8},
        {"heads", 2},
        {"context", 9},
        {"placement", placement},
        {"positions", "none"},
        {"embedding_scale", true},
        {"ffn", {{"hidden", 12}, {"activation", "relu"}}},
        {"init_std", 0.4},
        {"qk_init_std", 0}}},
      {"data",
       {{"type", "associative_recall"}, {"pairs", 3}, {"queries", 2}, {"keys", 5}, {"values", 4}}},
      {"train", {{"batch", 6}, {"accumulate", 2}, {"precision", "fp64"}}}};
}

inline Json image_net(const Json& model) {
  return {{"model", model},
          {"data", {{"type", "normal_noise"}, {"size", 8}, {"channels", 2}}},
          {"train", {{"batch", 5}, {"precision", "fp64"}}}};
}

// Gains and biases off their initial values; other weights stay, queries and keys at 0 among them.
inline void disturb(Training& training) {
  for (Param& param : training.params().params())
    if (param.kind == ParamKind::kGain || param.kind == ParamKind::kBias) {
      const Numbers noise = normal_numbers(param.name, param.numel());
      for (int64_t i = 0; i < param.numel(); ++i)
        param.value.data<double>()[i] += 0.2 * noise[static_cast<size_t>(i)];
    }
  training.params().touch();
}

inline Batch next_batch(const Training& training) {
  Batch batch;
  const TrainOptions& train = training.config().train;
  Loader(training.data(), static_cast<uint64_t>(train.seed), train.dtype())
      .training(0, train.batch, batch);
  return batch;
}

}  // namespace norma
