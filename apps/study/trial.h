#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/study/study.h"
#include "data/dataset.h"

namespace norma {

class Training;

enum class Phase { kTune, kVerdict, kRung };
const char* name_of(Phase phase);  // tune, verdict, rung

// One training of a study. Everything that its result depends on is in here, so the result is the
// same wherever, whenever and beside whatever it runs.
struct Trial {
  std::string arm;
  Phase phase = Phase::kTune;
  int64_t seed = 0;
  Point point;                    // what is tuned, in the order of the arm's options
  std::vector<Setting> settings;  // the same as settings
  int64_t rung = 0;               // steps of a rung, in successive halving
  std::string id;                 // "rms_norm tune optim.lr=0.003 seed 1000001": unique in a study
};

Trial make_trial(const Study& study, const std::string& arm, Phase phase, const Point& point,
                 int64_t seed, int64_t rung = 0);

// The trial's whole config, seed included, as it is handed to whoever runs it:
//   {"trial": id, "config": {…}, "metric": "val/loss", "split": "val", "evaluate": {…},
//    "surrogate": {…} or null}
// `baseline` is what was tuned for the baseline; only a study with `transfer` reads it.
Json order_of(const Study& study, const Trial& trial, const Point& baseline = {});

// How far a trial is.
struct TrialProgress {
  int64_t step = 0, steps = 0;
  double loss = 0;
};

// Carries out an order. Returns the trial's line of results.jsonl, in which nothing depends on time
// or on the machine's load:
//   trial, status (finished, diverged), reason, steps, tokens, initial, metric (null where the
//   training diverged), score (the lower of both: what a diverged run counts), figures, curve
//   [[step, metric on the validation split]], training [[step, loss]], readings (of gauges),
//   evaluations, parameters, config_sha256, weights_sha256
// Throws what the training throws where the config cannot be carried out at all.
class TrialRunner {
 public:
  using Show = std::function<void(const TrialProgress&)>;
  Json run(const Json& order, const Show& show);

 private:
  std::shared_ptr<const Dataset> data_of(const RunConfig& config);
  Training* surrogate(const Json& order);  // nullptr where the order asks for none
  // Data that the last trial used, and the config that names them: the next one mostly uses them
  // too.
  std::string data_key_;
  std::shared_ptr<const Dataset> data_;
  // By their configs, trained: the same model attacks every arm, once for each seed.
  std::map<std::string, std::shared_ptr<Training>> surrogates_;
};

}  // namespace norma
