#pragma once

#include <filesystem>
#include <optional>

#include "apps/common/progress.h"
#include "apps/trainer/run.h"

namespace norma {

// A training as a person watches it: progress with loss, rate and time left; what each evaluation
// found; and at the end where everything lies.
class Screen final : public RunListener {
 public:
  Screen(std::filesystem::path folder, bool quiet) : folder_(std::move(folder)), quiet_(quiet) {}
  void on_start(const Training& training, int64_t first_step) override;
  void on_step(const StepReport& report, double milliseconds) override;
  void on_evaluation(int64_t step, Split split, const EvalReport& report, bool best) override;
  void on_statistics(const PopulationStatistics::Change& change) override;
  void on_resume(int64_t step) override;
  void on_note(const std::string& sentence) override;
  void close(const RunResult& result);

 private:
  std::filesystem::path folder_;
  bool quiet_;
  std::optional<Progress> progress_;
  double smoothed_loss_ = 0;
  int64_t steps_seen_ = 0;
};

}  // namespace norma
