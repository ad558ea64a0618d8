#include <algorithm>

#include "apps/study/report_data.h"

namespace norma {

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
  std::vector<ArmScores> scores;
  for (const ArmRuns& runs : judgement.runs) scores.push_back(runs.scores);
  if (!study.claim.is_null()) judgement.claim = judge_claim(study, judgement.runs);
  // Readings of a gauge have no better and worse.
  if (!study.metric.needs_training()) return judgement;
  const bool has_baseline = std::any_of(scores.begin(), scores.end(), [&](const ArmScores& arm) {
    return arm.arm == study.baseline;
  });
  const VerdictOptions options{study.paired, study.confidence, study.margin};
  if (has_baseline && scores.size() > 1)
    judgement.comparisons = compare_with_baseline(scores, study.baseline, options);
  if (study.seeds >= 3 && scores.size() > 1) judgement.ranks = rank_ranges(scores, options);
  return judgement;
}

}  // namespace norma
