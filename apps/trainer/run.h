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

// Keeps a file of its own in the run folder, step by step, and changes nothing.
class RunRecorder {
 public:
  virtual ~RunRecorder() = default;
  // Before the first step of this process, when so many steps are done: what the file says of later
  // ones belongs to a past that the run did not resume from.
  virtual void open(const std::filesystem::path& folder, int64_t steps_done) = 0;
  virtual void before_step(Training& training) = 0;
  // Also where the step's numbers were not finite and nothing was updated.
  virtual void after_step(Training& training, const StepReport& report) = 0;
  virtual void at_end(Training& training) = 0;
  // When it returns, what was written survives a loss of power.
  virtual void sync() = 0;
};

struct RunPlan {
  std::filesystem::path folder;
  std::string resolved;  // the config's text as it is written into the folder
  bool resume = false;   // go on from the newest checkpoint, where there is one
  bool overwrite = false;
  std::function<bool()> stop_requested = [] { return false; };
  RunRecorder* recorder = nullptr;
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
