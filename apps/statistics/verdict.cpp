#include "apps/statistics/verdict.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace norma {
namespace {

constexpr size_t kLeastSeeds = 3;  // for an interval

void expect_finite(const ArmScores& arm) {
  for (size_t i = 0; i < arm.scores.size(); ++i) {
    if (!std::isfinite(arm.scores[i]))
      throw std::invalid_argument("score " + std::to_string(i) + " of " + arm.arm + " is " +
                                  std::to_string(arm.scores[i]));
  }
}

const ArmScores& arm_named(std::span<const ArmScores> arms, const std::string& name) {
  const auto arm = std::find_if(arms.begin(), arms.end(),
                                [&](const ArmScores& candidate) { return candidate.arm == name; });
  if (arm == arms.end()) throw std::invalid_argument("no arm is called " + name);
  return *arm;
}

bool any_diverged(const ArmScores& arm) {
  return std::find(arm.diverged.begin(), arm.diverged.end(), true) != arm.diverged.end();
}

double mean_score(const ArmScores& arm) {
  return std::accumulate(arm.scores.begin(), arm.scores.end(), 0.0) /
         static_cast<double>(arm.scores.size());
}

Finding finding_of(const Comparison& comparison, double level) {
  const bool differs = comparison.p_holm <= level;
  const bool within = comparison.equivalence_p_holm <= level;
  if (differs && within) return Finding::kSmallDifference;
  if (differs) return comparison.test->difference < 0 ? Finding::kBetter : Finding::kWorse;
  return within ? Finding::kEquivalent : Finding::kNotDistinguishable;
}

// All that follows from the tests of the study together.
void judge_together(std::vector<Comparison*>& tested, const std::vector<double>& p,
                    const std::vector<double>& equivalence, double level) {
  const std::vector<double> p_holm = holm_adjusted(p), within = holm_adjusted(equivalence);
  const double first_step = level / static_cast<double>(tested.size());
  for (size_t i = 0; i < tested.size(); ++i) {
    Comparison& comparison = *tested[i];
    comparison.p_holm = p_holm[i];
    comparison.equivalence_p_holm = within[i];
    comparison.finding = finding_of(comparison, level);
    comparison.detectable = detectable_difference(comparison.test->standard_error,
                                                  comparison.test->degrees, first_step);
  }
}

}  // namespace

const char* name_of(Finding finding) {
  switch (finding) {
    case Finding::kBetter:
      return "better";
    case Finding::kWorse:
      return "worse";
    case Finding::kEquivalent:
      return "equivalent";
    case Finding::kSmallDifference:
      return "small difference";
    case Finding::kNotDistinguishable:
      return "not distinguishable";
  }
  return "";
}

std::optional<TTest> test_of_arms(const ArmScores& x, const ArmScores& y,
                                  const VerdictOptions& options) {
  expect_finite(x);
  expect_finite(y);
  if (options.paired && x.scores.size() != y.scores.size())
    throw std::invalid_argument("no pairs: " + x.arm + " has " + std::to_string(x.scores.size()) +
                                " seeds, " + y.arm + " has " + std::to_string(y.scores.size()));
  if (std::min(x.scores.size(), y.scores.size()) < kLeastSeeds) return std::nullopt;
  return options.paired ? paired_t_test(x.scores, y.scores, options.confidence)
                        : welch_t_test(x.scores, y.scores, options.confidence);
}

std::vector<Comparison> compare_with_baseline(std::span<const ArmScores> arms,
                                              const std::string& baseline,
                                              const VerdictOptions& options) {
  const ArmScores& reference = arm_named(arms, baseline);
  std::vector<Comparison> comparisons;
  comparisons.reserve(arms.size());  // `tested` points into it
  std::vector<Comparison*> tested;
  std::vector<double> p, equivalence;
  for (const ArmScores& arm : arms) {
    if (&arm == &reference) continue;
    Comparison& comparison = comparisons.emplace_back();
    comparison.arm = arm.arm;
    comparison.test = test_of_arms(arm, reference, options);
    if (!comparison.test) continue;
    comparison.margin = options.relative_margin * std::fabs(mean_score(reference));
    tested.push_back(&comparison);
    p.push_back(comparison.test->p);
    equivalence.push_back(any_diverged(arm) || any_diverged(reference)
                              ? 1
                              : equivalence_p(*comparison.test, comparison.margin));
  }
  judge_together(tested, p, equivalence, 1 - options.confidence);
  return comparisons;
}

}  // namespace norma
