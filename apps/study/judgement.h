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

// How a run ended. All but the first count with their value at initialization.
enum class Ending {
  kFinished,
  kDiverged,  // its numbers were not finite
  kNoBetter,  // finite, but above what it began with
  kFailed     // it could not be carried out
};
inline constexpr Ending kTroubles[] = {Ending::kDiverged, Ending::kNoBetter, Ending::kFailed};
const char* name_of(Ending ending);  // finished, diverged, no better, failed
Ending ending_of(const Json& result);

// What the verdict seeds say of one arm; runs in the order of the seeds.
struct ArmRuns {
  ArmScores scores;
  std::vector<const Json*> results;
  int ended(Ending ending) const;  // how many did
  bool all_failed() const;
};
// Arms whose every fresh seed has its result.
std::vector<ArmRuns> judged_arms(const Study& study, const Plan& plan, const TrialResults& results);

// Everything judged once, for the words, the tables and the page alike. Before the study is
// complete there are runs alone: whoever looks at findings while data come in will find one sooner
// or later, and Holm's method needs to know all comparisons. Arms of which all runs failed are not
// compared.
struct Judgement {
  std::vector<ArmRuns> runs;
  std::vector<Comparison> comparisons;
  std::map<std::string, Rank> ranks;  // by arm; none below three seeds
  std::vector<ClaimOutcome> claim;
};
Judgement judge(const StudyState& state);

// A contender of successive halving: a point of an arm, and its mean score at each rung it reached.
struct Contender {
  std::string arm;
  std::vector<Setting> settings;
  std::vector<double> scores;
};
// The last to survive first, by their scores there; none where the study has no rungs.
std::vector<Contender> contenders_of(const StudyState& state);

// The verdict in sentences: what went wrong first, then each comparison, then what limits them. Of
// a study that is not complete: how far it is, and the means so far.
std::vector<std::string> verdict_words(const StudyState& state, const Judgement& judgement);

// "at this tuning budget: optim.lr at 5 points, 1 seed each"; empty where nothing is tuned.
std::string budget_words(const Study& study);

}  // namespace norma
