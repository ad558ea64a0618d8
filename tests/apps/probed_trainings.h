#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/gauges/probe/probe.h"
#include "tests/catch.h"

// Small trainings that have everything a probe could disturb, and records of them.
namespace norma {

inline RunConfig probed_config(const Json& json) {
  return read_run_config(json, "the test", {}, nullptr);
}

// With everything that has a state or random numbers of its own.
inline Json gpt_with_state() {
  return {
      {"model",
       {{"type", "gpt"},
        {"layers", 2},
        {"width", 16},
        {"heads", 2},
        {"context", 9},
        {"dropout", 0.2},
        {"drop_path", 0.1},
        {"norm", {{"type", "rms_norm"}, {"ffn", "dyt"}}},
        {"reparam", "spectral_norm"},
        {"ffn", {{"hidden", 24}}}}},
      {"data",
       {{"type", "associative_recall"}, {"pairs", 3}, {"queries", 2}, {"keys", 5}, {"values", 4}}},
      {"optim", {{"type", "adamw"}, {"lr", 0.01}}},
      {"train", {{"steps", 12}, {"batch", 8}, {"accumulate", 2}, {"ema", 0.9}, {"eval_every", 0}}}};
}

inline Json resnet_with_state() {
  return {{"model",
           {{"type", "resnet"},
            {"depth", 8},
            {"width", 4},
            {"norm", "batch_norm"},
            {"drop_path", 0.2}}},
          {"data",
           {{"type", "shapes"},
            {"size", 8},
            {"channels", 1},
            {"classes", 3},
            {"samples", 60},
            {"test_samples", 10}}},
          {"optim", {{"type", "sgd"}, {"lr", 0.1}, {"momentum", 0.9}}},
          {"clip", "agc"},
          {"train", {{"steps", 12}, {"batch", 12}, {"eval_every", 0}}}};
}

inline ProbeOptions preset_named(const std::string& name) {
  ProbeOptions options;
  options.preset = name;
  options.every = 3;
  return options;
}

inline LandscapeOptions everything_around() {
  LandscapeOptions options;
  options.walk_points = options.plane_points = 2;
  options.line_points = 3;
  return options;
}

inline Json first_record(const Json& json, const std::string& preset) {
  Training training(probed_config(json));
  Probe probe(preset_named(preset));
  probe.before_step(training);
  return probe.after_step(training, training.step());
}

inline const Json& line_named(const Json& lines, const char* key, const std::string& name) {
  for (const Json& line : lines)
    if (line[key] == name) return line;
  FAIL("no line of " << name);
  return lines;
}

}  // namespace norma
