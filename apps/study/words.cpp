#include <cmath>

#include "apps/common/human.h"
#include "apps/statistics/descriptive.h"
#include "apps/study/report_data.h"

namespace norma {
namespace {

std::string percent(double share) { return formatted("%.2g %%", 100 * share); }
std::string figure(double value) { return formatted("%.4g", value); }

std::string p_words(double p) { return p < 0.0001 ? "p < 0.0001" : "p = " + formatted("%.2g", p); }

std::string divergence_words(const ArmRuns& runs, double confidence) {
  int count = 0;
  for (const bool diverged : runs.scores.diverged) count += diverged;
  if (count == 0) return "";
  const Proportion share =
      clopper_pearson(count, static_cast<int>(runs.scores.diverged.size()), confidence);
  return runs.scores.arm + " diverged in " + std::to_string(share.count) + " of " +
         std::to_string(share.of) + " runs (" + percent(confidence) + " interval " +
         percent(share.interval.low) + " to " + percent(share.interval.high) +
         "); a diverged run counts with its value at initialization.";
}

// One comparison as a sentence.
class ComparisonWords {
 public:
  ComparisonWords(const Study& study, const Comparison& comparison, double baseline_mean)
      : study_(study), c_(comparison), baseline_(baseline_mean) {}

  std::string str() const {
    if (!c_.test)
      return c_.arm + " against " + study_.baseline + ": " + std::to_string(study_.seeds) +
             (study_.seeds == 1 ? " seed gives a point" : " seeds give points") +
             ", no verdict; three or more are needed.";
    switch (c_.finding) {
      case Finding::kBetter:
      case Finding::kWorse:
        return c_.arm + " is " + name_of(c_.finding) + " than " + study_.baseline + ": " +
               difference() + ", " + p_words(c_.p_holm) + family() + ".";
      case Finding::kEquivalent:
        return c_.arm + " and " + study_.baseline + " are equivalent within ±" +
               percent(study_.margin) + ": " + difference() + ", " +
               p_words(c_.equivalence_p_holm) + family() + ".";
      case Finding::kSmallDifference:
        return c_.arm + " is " + (c_.test->difference < 0 ? "better" : "worse") + " than " +
               study_.baseline + ", but by less than matters (±" + percent(study_.margin) +
               "): " + difference() + ", " + p_words(c_.p_holm) + family() + ".";
      case Finding::kNotDistinguishable:
        break;
    }
    return c_.arm + " is not distinguishable from " + study_.baseline + ": " + difference() + ", " +
           p_words(c_.p_holm) + family() + "; this study finds differences from " +
           figure(c_.detectable) + " on (power 80 %).";
  }

 private:
  std::string difference() const {
    const TTest& t = *c_.test;
    const std::string relative =
        baseline_ != 0 ? ", " + percent(std::fabs(t.difference / baseline_)) : "";
    return study_.metric.name(Split::kTest) + (t.difference < 0 ? " lower by " : " higher by ") +
           figure(std::fabs(t.difference)) + relative + " (" + percent(study_.confidence) +
           " interval of the difference " + figure(t.interval.low) + " to " +
           figure(t.interval.high) + ")";
  }
  std::string family() const {
    const size_t others = study_.arms.size() - 1;
    return others > 1 ? " after Holm over " + std::to_string(others) + " comparisons" : "";
  }

  const Study& study_;
  const Comparison& c_;
  double baseline_;
};

void add_limits(const StudyState& state, std::vector<std::string>& words) {
  const Study& study = state.study;
  for (const auto& [arm, choice] : state.plan.chosen)
    if (!choice.doubt.empty())
      words.push_back(arm + " must be called not tuned: " + choice.doubt + ".");
  if (!study.tuning.any() && study.metric.needs_training())
    words.push_back(
        "Nothing was tuned: every arm ran with the base config's values, which may suit one better "
        "than another.");
  else if (study.tuning.any())
    words.push_back("All of this holds " + budget_words(study) + ".");
}

}  // namespace

std::string budget_words(const Study& study) {
  if (!study.tuning.any()) return "without tuning";
  const size_t points = study.tuning.points(study.baseline).size();
  std::string options;
  for (const Axis& axis : study.tuning.options)
    options += (options.empty() ? "" : ", ") + axis.path;
  return "at this tuning budget: " + options + " at " + std::to_string(points) + " points, " +
         std::to_string(study.tuning.seeds) + (study.tuning.seeds == 1 ? " seed" : " seeds") +
         " each";
}

std::vector<std::string> verdict_words(const StudyState& state, const Judgement& judgement) {
  const Study& study = state.study;
  if (study.tuning.halving)
    return {"Exploratory: successive halving looks for promising settings and gives no verdict."};
  std::vector<std::string> words;
  if (!state.plan.complete)
    words.push_back(
        "The study is not complete: " + std::to_string(state.plan.missing(state.results).size()) +
        " known trials have no result yet.");
  double baseline = 0;
  for (const ArmRuns& runs : judgement.runs) {
    if (runs.scores.arm == study.baseline) baseline = mean_of(runs.scores.scores);
    if (std::string sentence = divergence_words(runs, study.confidence); !sentence.empty())
      words.push_back(std::move(sentence));
  }
  for (const ClaimOutcome& outcome : judgement.claim) words.push_back(outcome.sentence);
  // A study of a claim may compare nothing with the baseline in particular.
  if (study.claim.is_null())
    for (const Comparison& comparison : judgement.comparisons)
      words.push_back(ComparisonWords(study, comparison, baseline).str());
  add_limits(state, words);
  return words;
}

}  // namespace norma
