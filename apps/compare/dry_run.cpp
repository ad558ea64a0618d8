#include "apps/compare/dry_run.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "apps/common/human.h"
#include "apps/common/terminal.h"
#include "apps/study/report_data.h"

namespace norma {
namespace {

std::string line(const std::string& name, const std::string& value) {
  return padded(name, 12) + value + "\n";
}

std::string runs_words(const Study& study, const Plan& plan) {
  const size_t arms = study.arms.size();
  const auto times = [](size_t a, const std::string& what, size_t b, const std::string& of) {
    return std::to_string(a) + " " + what + " x " + std::to_string(b) + " " + of;
  };
  if (study.tuning.halving)
    return std::to_string(plan.trials.size()) +
           " in the first rung, then fewer (exploratory, no verdict)";
  std::string words;
  size_t total = 0;
  if (study.tuning.any()) {
    size_t tuning = 0;
    for (const Arm& arm : study.arms)
      tuning += study.tuning.points(arm.name).size() * static_cast<size_t>(study.tuning.seeds);
    words += std::to_string(tuning) + " to tune (" +
             budget_words(study).substr(std::string("at this tuning budget: ").size()) + "), ";
    total += tuning;
  }
  const size_t verdict = arms * static_cast<size_t>(study.seeds);
  words += std::to_string(verdict) + " for the verdict (" +
           times(arms, "arms", static_cast<size_t>(study.seeds), "fresh seeds") + ")";
  total += verdict;
  if (study.tuning.any() && study.tuning.extend > 0 && study.tuning.sampler == "grid")
    words += "; a best point at an edge adds up to " + std::to_string(study.tuning.extend) +
             (study.tuning.extend == 1 ? " value for its arm" : " values for its arm");
  return std::to_string(total) + " in all: " + words;
}

// Before anything ran, only in units of the deviation of paired differences; then also in units of
// the metric.
std::string detectable_words(const Study& study, const Judgement& judgement) {
  if (study.seeds < 3) return "none: fewer than three seeds give points only";
  const double n = static_cast<double>(study.seeds);
  const double comparisons = std::max<double>(1, static_cast<double>(study.arms.size()) - 1);
  const double error = study.paired ? 1 / std::sqrt(n) : std::sqrt(2 / n);
  const double degrees = study.paired ? n - 1 : 2 * n - 2;
  const double alpha = 1 - study.confidence;
  char text[256];
  std::snprintf(text, sizeof text,
                "%.2g deviations of %s (power 80 %%); %.2g where Holm judges it first of %g",
                detectable_difference(error, degrees, alpha),
                study.paired ? "a paired difference" : "a run",
                detectable_difference(error, degrees, alpha / comparisons), comparisons);
  std::string words = text;
  for (const Comparison& each : judgement.comparisons)
    if (each.test)
      words += "\n" + padded("", 12) + each.arm + ": " +
               format_number(three_digits(each.detectable)) + " of " +
               study.metric.name(Split::kTest) + ", from the results so far";
  return words;
}

}  // namespace

std::string plan_text(const Study& study, const Plan& plan, const TrialResults& results,
                      const std::vector<ArmFacts>& facts, double steps_per_second,
                      const std::string& mode) {
  std::string text = line("study", study.title);
  std::string arms;
  for (const Arm& arm : study.arms)
    arms +=
        (arms.empty() ? "" : ", ") + arm.name + (arm.name == study.baseline ? " (baseline)" : "");
  text += line("arms", arms);
  text += line("runs", runs_words(study, plan));
  const size_t done = plan.trials.size() - plan.missing(results).size();
  if (done > 0) text += line("done", std::to_string(done) + " trials have their result");
  const double left = steps_left(study, plan, results);
  if (steps_per_second > 0 && left > 0)
    text += line("time",
                 "about " + human_duration(left / steps_per_second) + " and evaluations, " + mode);
  std::string differ;
  for (const Difference& each : differences(study, facts))
    differ += (differ.empty() ? "" : "\n" + padded("", 12)) + each.arm + ": " + each.what + " " +
              each.here + ", against " + each.baseline + (each.refused ? "  NOT FAIR" : "");
  text += line("differ in", differ.empty() ? "nothing but what is studied" : differ);
  const StudyState state{study, results, plan, facts, {}, Json(), mode, ""};
  text += line("detects", detectable_words(study, judge(state)));
  return text;
}

}  // namespace norma
