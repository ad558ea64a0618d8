#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/trainer/training.h"

// Trainings of a few steps in memory, in float64, for tests that examine what comes out of them.
namespace norma {

// Images of 8x8 pixels, a residual network of 8 layers and 4 channels.
inline Json small_resnet(const Json& norm = "batch_norm") {
  return {
      {"model",
       {{"type", "resnet"}, {"depth", 8}, {"width", 4}, {"activation", "gelu"}, {"norm", norm}}},
      {"data",
       {{"type", "shapes"},
        {"size", 8},
        {"channels", 1},
        {"classes", 3},
        {"samples", 80},
        {"test_samples", 25}}},
      {"optim", {{"type", "adamw"}, {"lr", 0.01}}},
      {"train", {{"steps", 20}, {"batch", 16}, {"precision", "fp64"}, {"eval_every", 0}}}};
}

// Points in the plane.
inline Json small_mlp(const Json& norm = "batch_norm") {
  return {{"model", {{"type", "mlp"}, {"layers", 2}, {"width", 8}, {"norm", norm}}},
          {"data", {{"type", "spirals"}, {"train_samples", 200}, {"test_samples", 50}}},
          {"optim", {{"type", "adamw"}, {"lr", 0.01}}},
          {"train", {{"steps", 20}, {"batch", 16}, {"precision", "fp64"}, {"eval_every", 0}}}};
}

inline RunConfig run_config_of(const Json& json) {
  return read_run_config(json, "the test", {}, nullptr);
}

inline void train_for(Training& training, int64_t steps) {
  for (int64_t i = 0; i < steps; ++i) training.step();
}

}  // namespace norma
