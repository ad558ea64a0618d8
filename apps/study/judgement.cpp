#include "apps/study/judgement.h"

#include <algorithm>

#include "apps/statistics/descriptive.h"

namespace norma {

const char* name_of(Ending ending) {
  switch (ending) {
    case Ending::kFinished:
      return "finished";
    case Ending::kDiverged:
      return "diverged";
    case Ending::kNoBetter:
      return "no better";
    case Ending::kFailed:
      break;
  }
  return "failed";
}

Ending ending_of(const Json& result) {
  if (!has_diverged(result)) return Ending::kFinished;
  if (result.at("status") == "failed") return Ending::kFailed;
  const auto metric = result.find("metric");
  const bool finite = metric != result.end() && metric->is_number();
  return finite ? Ending::kNoBetter : Ending::kDiverged;
}

int ArmRuns::ended(Ending ending) const {
  return static_cast<int>(std::count_if(results.begin(), results.end(), [&](const Json* result) {
    return ending_of(*result) == ending;
  }));
}

bool ArmRuns::all_failed() const {
  return ended(Ending::kFailed) == static_cast<int>(results.size());
}

std::vector<ArmRuns> judged_arms(const Study& study, const Plan& plan,
                                 const TrialResults& results) {
  std::vector<ArmRuns> all;
  const double worst = worst_initial(results);
  for (const Arm& arm : study.arms) {
    const auto choice = plan.chosen.find(arm.name);
    if (choice == plan.chosen.end()) continue;
    ArmRuns runs{{arm.name, {}, {}}, {}};
    for (const int64_t seed : study.verdict_seeds()) {
      const Trial trial = make_trial(study, arm.name, Phase::kVerdict, choice->second.point, seed);
      const auto result = results.find(trial.id);
      if (result == results.end()) break;
      runs.results.push_back(&result->second);
      runs.scores.scores.push_back(score_of(result->second, worst));
      runs.scores.diverged.push_back(has_diverged(result->second));
    }
    if (runs.results.size() == static_cast<size_t>(study.seeds)) all.push_back(std::move(runs));
  }
  return all;
}

Judgement judge(const StudyState& state) {
  const Study& study = state.study;
  Judgement judgement;
  if (study.tuning.halving) return judgement;  // exploratory
  judgement.runs = judged_arms(study, state.plan, state.results);
  std::vector<ArmRuns> compared;
  if (state.plan.complete)
    std::copy_if(judgement.runs.begin(), judgement.runs.end(), std::back_inserter(compared),
                 [](const ArmRuns& runs) { return !runs.all_failed(); });
  if (!study.claim.is_null()) judgement.claim = judge_claim(study, compared);
  // Readings of a gauge have no better and worse.
  if (!study.metric.needs_training()) return judgement;
  std::vector<ArmScores> scores;
  for (const ArmRuns& runs : compared) scores.push_back(runs.scores);
  const bool has_baseline = std::any_of(scores.begin(), scores.end(), [&](const ArmScores& arm) {
    return arm.arm == study.baseline;
  });
  if (!has_baseline || scores.size() < 2) return judgement;
  const VerdictOptions options{study.paired, study.confidence, study.margin};
  judgement.comparisons = compare_with_baseline(scores, study.baseline, options);
  if (study.seeds < 3) return judgement;
  const std::vector<Rank> ranks = rank_ranges(scores, study.baseline, options);
  for (size_t i = 0; i < scores.size(); ++i) judgement.ranks[scores[i].arm] = ranks[i];
  return judgement;
}

std::vector<Contender> contenders_of(const StudyState& state) {
  std::map<std::pair<std::string, Point>, std::map<int64_t, std::vector<double>>> scores;
  const double worst = worst_initial(state.results);
  for (const Trial& trial : state.plan.trials)
    if (const auto result = state.results.find(trial.id);
        trial.phase == Phase::kRung && result != state.results.end())
      scores[{trial.arm, trial.point}][trial.rung].push_back(score_of(result->second, worst));
  std::vector<Contender> all;
  for (const auto& [place, rungs] : scores) {
    const auto& [arm, point] = place;
    Contender contender{arm, settings_of(state.study.tuning.options_of(arm), point), {}};
    for (const auto& [rung, of_seeds] : rungs) contender.scores.push_back(mean_of(of_seeds));
    all.push_back(std::move(contender));
  }
  std::sort(all.begin(), all.end(), [](const Contender& a, const Contender& b) {
    if (a.scores.size() != b.scores.size()) return a.scores.size() > b.scores.size();
    return a.scores.back() < b.scores.back();
  });
  return all;
}

}  // namespace norma
