#include "apps/study/against.h"

#include <cmath>

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
  QualityChange change{.arm = now.scores.arm,
                       .test = paired ? paired_t_test(x, y) : welch_t_test(x, y),
                       .then = 0,
                       .p_holm = 1,
                       .worse = false};
  for (const double score : y) change.then += score / static_cast<double>(y.size());
  return change;
}

}  // namespace

std::vector<QualityChange> compare_with_old(const Study& study, const Judgement& now,
                                            const fs::path& old, const GuardOptions& options) {
  if (!fs::exists(old / "study.json") || !fs::exists(old / "results.jsonl"))
    throw Error("--against " + old.string() + ": expected the folder of an earlier run of a study");
  const Study before =
      read_study(load_json(old / "study.json"), old, (old / "study.json").string());
  if (before.metric.name(Split::kTest) != study.metric.name(Split::kTest))
    throw Error("--against " + old.string() + " was judged by " + before.metric.name(Split::kTest) +
                ", this study by " + study.metric.name(Split::kTest));
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
