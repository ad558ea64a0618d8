#include <cmath>

#include "apps/common/human.h"
#include "apps/statistics/descriptive.h"
#include "apps/study/judgement.h"

namespace norma {
namespace {

std::string figure(double value) { return formatted("%.4g", value); }

std::string p_words(double p) { return p < 0.0001 ? "p < 0.0001" : "p = " + formatted("%.2g", p); }

// "5 points", "1 seed"
std::string counted(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string ending_words(Ending ending) {
  return ending == Ending::kNoBetter ? "ended no better than at initialization" : name_of(ending);
}

// How the runs of an arm ended that did not train, a sentence each way.
void add_troubles(const Study& study, const ArmRuns& runs, std::vector<std::string>& words) {
  const int of = static_cast<int>(runs.results.size());
  if (runs.all_failed()) {
    words.push_back(runs.scores.arm + " failed in every run, so there is nothing to compare: " +
                    runs.results[0]->value("reason", "") + ".");
    return;
  }
  for (const Ending ending : kTroubles) {
    const int count = runs.ended(ending);
    if (count == 0) continue;
    const Interval share = clopper_pearson(count, of, study.confidence).interval;
    const std::string counts =
        study.metric.needs_training() ? "; such a run counts with its value at initialization" : "";
    words.push_back(runs.scores.arm + " " + ending_words(ending) + " in " + std::to_string(count) +
                    " of " + std::to_string(of) + " runs (" + interval_name(study.confidence) +
                    " " + formatted("%.0f", 100 * share.low) + " to " +
                    formatted("%.0f %%", 100 * share.high) + ")" + counts + ".");
  }
}

// One comparison as a sentence.
class ComparisonWords {
 public:
  // `family`: the comparisons that Holm's method adjusted together.
  ComparisonWords(const Study& study, const Comparison& comparison, double baseline_mean,
                  size_t family)
      : study_(study), c_(comparison), baseline_(baseline_mean), family_(family) {}

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
               human_percent(study_.margin) + ": " + difference() + ", " +
               p_words(c_.equivalence_p_holm) + family() + ".";
      case Finding::kSmallDifference:
        return c_.arm + " is " + (c_.test->difference < 0 ? "better" : "worse") + " than " +
               study_.baseline + ", but by less than matters (±" + human_percent(study_.margin) +
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
        baseline_ != 0 ? ", " + human_percent(std::fabs(t.difference / baseline_)) : "";
    return study_.metric.name(Split::kTest) + (t.difference < 0 ? " lower by " : " higher by ") +
           figure(std::fabs(t.difference)) + relative + " (" + interval_name(study_.confidence) +
           " of " + what_the_interval_is_of() + " " + figure(t.interval.low) + " to " +
           figure(t.interval.high) + ")";
  }
  // An interval without 0 beside "not distinguishable" needs an explanation.
  std::string what_the_interval_is_of() const {
    const bool puzzling =
        c_.finding == Finding::kNotDistinguishable && !c_.test->interval.holds(0) && family_ > 1;
    return puzzling ? "this comparison alone" : "the difference";
  }
  std::string family() const {
    return family_ > 1 ? " after Holm over " + std::to_string(family_) + " comparisons" : "";
  }

  const Study& study_;
  const Comparison& c_;
  double baseline_;
  size_t family_;
};

void add_comparisons(const Study& study, const Judgement& judgement,
                     std::vector<std::string>& words) {
  double baseline = 0;
  for (const ArmRuns& runs : judgement.runs)
    if (runs.scores.arm == study.baseline) baseline = mean_of(runs.scores.scores);
  for (const Comparison& comparison : judgement.comparisons)
    words.push_back(
        ComparisonWords(study, comparison, baseline, judgement.comparisons.size()).str());
}

void add_limits(const StudyState& state, std::vector<std::string>& words) {
  const Study& study = state.study;
  for (const Arm& arm : study.arms)
    if (const auto choice = state.plan.chosen.find(arm.name);
        choice != state.plan.chosen.end() && !choice->second.doubt.empty())
      words.push_back(arm.name + " must be called not tuned: " + choice->second.doubt + ".");
  if (study.tuning.any())
    words.push_back("All of this holds " + budget_words(study) + ".");
  else if (study.metric.needs_training())
    words.push_back(
        "Nothing was tuned: every arm ran with the base config's values, which may suit one better "
        "than another.");
}

// How far a study is, and the means of arms whose seeds are all there: no findings.
void add_progress(const StudyState& state, const Judgement& judgement,
                  std::vector<std::string>& words) {
  const size_t known = state.plan.trials.size(), missing = state.plan.missing(state.results).size();
  words.insert(words.begin(), "The study is not complete: " + std::to_string(known - missing) +
                                  " of " + counted(known, "known trial") +
                                  " have their result. Nothing is judged before all have.");
  for (const ArmRuns& runs : judgement.runs)
    if (!runs.all_failed())
      words.push_back(runs.scores.arm + ": mean " + state.study.metric.name(Split::kTest) + " " +
                      figure(mean_of(runs.scores.scores)) + " over " +
                      counted(runs.scores.scores.size(), "seed") + ".");
}

std::vector<std::string> halving_words(const StudyState& state) {
  std::vector<std::string> words{
      "Exploratory: successive halving looks for promising settings and gives no verdict."};
  const std::vector<Contender> contenders = contenders_of(state);
  if (!state.plan.complete)
    add_progress(state, {}, words);
  else if (!contenders.empty())
    words.push_back("The most promising of " + std::to_string(contenders.size()) + " is " +
                    contenders[0].arm + " with " + settings_text(contenders[0].settings) + ": " +
                    state.study.metric.name(Split::kValidation) + " " +
                    figure(contenders[0].scores.back()) + " after " +
                    std::to_string(state.study.tuning.halving->rungs.back()) + " steps.");
  return words;
}

}  // namespace

std::string budget_words(const Study& study) {
  const Tuning& tuning = study.tuning;
  if (!tuning.any()) return "";
  const auto tuned = [&](const std::string& arm) {
    std::string options;
    for (const Axis& axis : tuning.options_of(arm))
      options += (options.empty() ? "" : ", ") + axis.path;
    return options.empty() ? std::string("nothing")
                           : options + " at " + counted(tuning.points(arm).size(), "point");
  };
  // What all arms share, then those that have options of their own.
  std::string words = "at this tuning budget: ", own;
  for (const Arm& arm : study.arms)
    if (!tuning.per_arm.contains(arm.name)) {
      words += tuned(arm.name);
      break;
    }
  for (const Arm& arm : study.arms)
    if (tuning.per_arm.contains(arm.name))
      own += (own.empty() ? "" : ", ") + ("for " + arm.name + " " + tuned(arm.name));
  const bool shared = tuning.per_arm.size() < study.arms.size();
  words += shared && !own.empty() ? ", " + own : own;
  words += ", " + counted(static_cast<size_t>(tuning.seeds), "seed") + " each";
  if (tuning.run_off > 0)
    words += ", " + std::to_string(tuning.run_off) + " more for the two best points of an arm";
  return words;
}

std::vector<std::string> verdict_words(const StudyState& state, const Judgement& judgement) {
  const Study& study = state.study;
  if (study.tuning.halving) return halving_words(state);
  std::vector<std::string> words;
  for (const ArmRuns& runs : judgement.runs) add_troubles(study, runs, words);
  if (!state.plan.complete) {
    add_progress(state, judgement, words);
    return words;
  }
  for (const ClaimOutcome& outcome : judgement.claim) words.push_back(outcome.sentence);
  // A study of a claim may compare nothing with the baseline in particular.
  if (study.claim.is_null()) add_comparisons(study, judgement, words);
  if (!study.metric.needs_training())
    words.push_back("Readings at initialization: neither better nor worse, nothing was trained.");
  add_limits(state, words);
  return words;
}

}  // namespace norma
