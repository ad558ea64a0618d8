#pragma once

#include <memory>
#include <string>

#include "apps/common/progress.h"
#include "apps/study/carry_out.h"
#include "apps/study/judgement.h"

namespace norma {

// A study as a person watches it: a line for every arm with what is known of it, and below how far
// the whole is, with the rate and the time left. In a log: a line for every trial that is done, and
// progress now and then.
class StudyScreen final : public StudyListener {
 public:
  StudyScreen(const Study& study, bool quiet);
  ~StudyScreen() override;
  void on_plan(const Plan& plan, const TrialResults& results) override;
  void on_result(const Trial& trial, const Json& line, double seconds) override;
  void on_tick(const Crew& crew) override;
  void finish();

 private:
  struct Row {
    int64_t tuned = 0, tuning = 0, judged = 0;  // trials
    double sum = 0;                             // of the scores judged
    std::map<Ending, int> ended;                // of these
    std::string chosen;
  };
  std::string table() const;
  std::string line_of(const std::string& arm, const Row& row) const;
  int64_t steps_of(const Trial& trial) const;

  const Study& study_;
  bool quiet_;
  std::map<std::string, Row> rows_;
  std::map<std::string, int64_t> arm_steps_;
  int64_t done_steps_ = 0, trials_done_ = 0, trials_ = 0;
  std::unique_ptr<Progress> progress_;
};

}  // namespace norma
