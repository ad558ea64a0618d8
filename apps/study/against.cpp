#include "apps/study/against.h"

#include <algorithm>
#include <cmath>

#include "apps/statistics/descriptive.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

const ArmRuns* runs_of(const std::vector<ArmRuns>& all, const std::string& arm) {
  for (const ArmRuns& runs : all)
    if (runs.scores.arm == arm) return &runs;
  return nullptr;
}

QualityChange change_of(const ArmRuns& now, const ArmRuns& then, bool paired) {
  const auto &x = now.scores.scores, &y = then.scores.scores;
  return {.arm = now.scores.arm,
          .test = paired ? paired_t_test(x, y) : welch_t_test(x, y),
          .then = mean_of(y),
          .p_holm = 1,
          .worse = false};
}

}  // namespace

Study earlier_study(const Study& study, const fs::path& old) {
  if (!fs::exists(old / "study.json") || !fs::exists(old / "results.jsonl"))
    throw Error("--against " + old.string() + ": expected the folder of an earlier run of a study");
  Study before = read_study(load_json(old / "study.json"), old, (old / "study.json").string());
  if (before.metric.name(Split::kTest) != study.metric.name(Split::kTest))
    throw Error("--against " + old.string() + " was judged by " + before.metric.name(Split::kTest) +
                ", this study by " + study.metric.name(Split::kTest));
  const bool common = std::any_of(study.arms.begin(), study.arms.end(), [&](const Arm& arm) {
    return std::any_of(before.arms.begin(), before.arms.end(),
                       [&](const Arm& other) { return other.name == arm.name; });
  });
  if (!common) throw Error("--against " + old.string() + " has no arm of this study");
  return before;
}

std::vector<QualityChange> compare_with_old(const Study& study, const Judgement& now,
                                            const Study& before, const fs::path& old,
                                            const GuardOptions& options) {
  const TrialResults results = read_results(old / "results.jsonl");
  const Plan plan = plan_of(before, results);
  const std::vector<ArmRuns> then = judged_arms(before, plan, results);
  std::vector<QualityChange> changes;
  std::vector<double> p;
  for (const ArmRuns& runs : now.runs) {
    const ArmRuns* earlier = runs_of(then, runs.scores.arm);
    if (!earlier || runs.scores.scores.size() < 3 || earlier->scores.scores.size() < 3) continue;
    changes.push_back(change_of(runs, *earlier, before.verdict_seeds() == study.verdict_seeds()));
    p.push_back(greater_p(changes.back().test, 0));
  }
  if (changes.empty())
    throw Error("--against " + old.string() +
                ": no arm of this study was judged there with three or more seeds");
  const std::vector<double> adjusted = holm_adjusted(p);
  for (size_t i = 0; i < changes.size(); ++i) {
    changes[i].p_holm = adjusted[i];
    changes[i].worse = adjusted[i] <= options.alpha &&
                       changes[i].test.difference > options.floor * std::fabs(changes[i].then);
  }
  return changes;
}

}  // namespace norma
