#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/statistics/verdict.h"
#include "apps/study/claim.h"
#include "apps/study/costs.h"
#include "apps/study/guard.h"
#include "apps/study/protocol.h"

namespace norma {

// All that is known of a study that was carried out, or is on its way.
struct StudyState {
  const Study& study;
  const TrialResults& results;
  const Plan& plan;
  std::vector<ArmFacts> facts;        // in the order of the arms
  std::map<std::string, Cost> costs;  // may be empty
  Json card;                          // of the baseline's data
  std::string mode, command;
};

// What the verdict seeds say of one arm; runs in the order of the seeds.
struct ArmRuns {
  ArmScores scores;
  std::vector<const Json*> results;
};
// Arms whose every fresh seed has its result.
std::vector<ArmRuns> judged_arms(const Study& study, const Plan& plan, const TrialResults& results);

// Everything judged once, for the words, the tables and the page alike.
struct Judgement {
  std::vector<ArmRuns> runs;
  std::vector<Comparison> comparisons;
  std::vector<Rank> ranks;  // beside `runs`; empty below three seeds
  std::vector<ClaimOutcome> claim;
};
Judgement judge(const StudyState& state);

// The verdict in sentences: divergence first, then each comparison, then what limits them.
std::vector<std::string> verdict_words(const StudyState& state, const Judgement& judgement);

// The report as one JSON object: what study_page, study_csv and study_markdown (apps/pages) draw.
Json report_data(const StudyState& state);

// "at this tuning budget: 5 points, 1 seed each"
std::string budget_words(const Study& study);

}  // namespace norma
