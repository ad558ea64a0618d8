#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "apps/trainer/training.h"

namespace norma {

// What a run tells whoever shows it to a person.
class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void on_start(const Training& /*training*/, int64_t /*first_step*/) {}
  virtual void on_step(const StepReport& /*report*/, double /*milliseconds*/) {}
  virtual void on_evaluation(int64_t /*step*/, Split, const EvalReport&, bool /*best_so_far*/) {}
  virtual void on_statistics(const PopulationStatistics::Change& /*change*/) {}
  virtual void on_resume(int64_t /*step*/) {}
  virtual void on_note(const std::string& /*sentence*/) {}
};

struct RunPlan {
  std::filesystem::path folder;
  std::string resolved;  // the config's text as it is written into the folder
  bool resume = false;   // go on from the newest checkpoint, where there is one
  bool overwrite = false;
  std::function<bool()> stop_requested = [] { return false; };
};

struct RunResult {
  int64_t steps = 0;
  bool stopped = false;  // asked to stop before the end
  bool stopped_early = false;
  std::optional<EvalReport> validation, test;
};

// Trains as the config says and leaves a run folder: config.json, data_card.json, metrics.jsonl,
// checkpoints/, model.safetensors, for text tokenizer.json and where asked for
// events.out.tfevents.* (TensorBoard's). Throws Error before anything is written when the folder is
// in use, Failure with a post-mortem when numbers stop being finite.
RunResult run_training(Training& training, const RunPlan& plan, RunListener& listener);

// Makes the folder a run may write into: new, empty, or with `resume` or `overwrite` an earlier
// run.
void check_run_folder(const RunPlan& plan);

}  // namespace norma
