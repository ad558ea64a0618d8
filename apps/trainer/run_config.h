#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/config/config.h"
#include "core/context.h"
#include "core/dtype.h"

namespace norma {

// The "train" part of a config.
struct TrainOptions {
  int64_t steps = 1000, batch = 32, accumulate = 1;
  std::string precision = "fp32", recompute = "norms";
  int64_t seed = 1;
  int64_t eval_every = 200;
  std::optional<int64_t> eval_samples, patience;
  int64_t checkpoint_every = 500, keep_checkpoints = 2;
  std::optional<double> ema;
  int64_t precise_batches = 0;
  bool tensorboard = false, histograms = false;
  std::string init_from;
  void describe(Fields& f);
  DType dtype() const { return precision == "fp64" ? DType::kFloat64 : DType::kFloat32; }
  Recompute recomputed() const;
  Operands operands() const {
    return precision == "bf16" ? Operands::kBFloat16 : Operands::kAsTheyAre;
  }
};

// The "probe" part of a config: what is measured of every module while the training goes on.
struct ProbeOptions {
  std::string preset = "off";
  std::optional<int64_t> every;
  Json gauges = Json::array();  // names, besides those of the preset
  int64_t batches = 1;
  void describe(Fields& f);
  bool on() const { return preset != "off" || !gauges.empty(); }
};

// A whole training, as a config file says it.
struct RunConfig {
  Spec model, data;
  Spec loss{"cross_entropy"}, optim{"adamw"}, schedule{"cosine"}, clip{"norm"};
  TrainOptions train;
  ProbeOptions probe;
  void describe(Fields& f);
};

// Reads a config with overrides; throws a ConfigError that lists every fault. `resolved` receives
// the config with every default filled in.
RunConfig read_run_config(Json config, const std::string& source,
                          std::span<const std::string> overrides, Json* resolved);

// The JSON Schema of run configs.
Json run_config_schema();

}  // namespace norma
