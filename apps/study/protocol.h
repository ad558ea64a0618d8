#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/study/results.h"
#include "apps/study/trial.h"

namespace norma {

// What tuning found for an arm.
struct Choice {
  Point point;         // empty where nothing is tuned
  std::string doubt;   // why the arm must be called "not tuned"; empty where it is tuned
  int64_t trials = 0;  // spent on it
};

// The study as far as the results so far determine it. Asking again with more results gives the
// next trials; a study that was stopped therefore goes on by being asked.
struct Plan {
  std::vector<Trial> trials;             // all that are known to be needed, done or not, in order
  std::map<std::string, Choice> chosen;  // arms whose tuning is complete
  bool complete = false;                 // and every trial has its result
  std::vector<Trial> missing(const TrialResults& results) const;
};

// The protocol. For every arm by itself: each point of its grid with each tuning seed, judged on
// the validation split; where the best point lies at an edge, the grid grows there by one value at
// a time, at most `tune.extend` times, before and after the run-off of the two best where there is
// one; then the best point with each fresh seed, judged on the test split. With successive halving:
// all arms and points together, rung by rung, and no fresh seeds.
Plan plan_of(const Study& study, const TrialResults& results);

// Training steps until the study is complete, as far as the plan can tell: grids that grow and
// later rungs are not known beforehand.
double steps_left(const Study& study, const Plan& plan, const TrialResults& results);

// What a trial counts: its score; for one that failed before it had any, `fallback`.
double score_of(const Json& result, double fallback);
// The largest loss at initialization in the study: what a run counts that broke before its first
// evaluation.
double worst_initial(const TrialResults& results);
bool has_diverged(const Json& result);  // or failed

}  // namespace norma
