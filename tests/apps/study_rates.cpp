#include "tests/apps/study_rates.h"

#include <algorithm>
#include <cmath>

namespace norma {
namespace {

double percent(int count, int of) { return of > 0 ? 100.0 * count / of : 0; }

bool says_different(Finding finding) {
  return finding != Finding::kEquivalent && finding != Finding::kNotDistinguishable;
}

bool says_equivalent(Finding finding) {
  return finding == Finding::kEquivalent || finding == Finding::kSmallDifference;
}

struct Tally {
  std::vector<int> covered;
  int different = 0, tuned_apart = 0, equivalent = 0;  // studies
  int differences = 0, found = 0;                      // comparisons
};

void add_study(const SimulatedDesign& design, const SimulatedStudy& study, Tally& tally) {
  constexpr double kRounding = 1e-9;
  const double margin = VerdictOptions{}.relative_margin * study.truth[0];
  bool different = false, tuned_apart = false, equivalent = false;
  const std::vector<Comparison> comparisons =
      compare_with_baseline(study.arms, "0", {.paired = design.paired});
  for (size_t i = 0; i < comparisons.size(); ++i) {
    const double difference = study.truth[i + 1] - study.truth[0];
    const bool same = std::fabs(difference) < kRounding;
    const bool found = says_different(comparisons[i].finding);
    tally.covered[i] += comparisons[i].test->interval.holds(difference);
    tally.differences += !same;
    tally.found += !same && found;
    different |= same && found;
    tuned_apart |= design.arms[i + 1].level == 1 && found;
    equivalent |=
        std::fabs(difference) > margin - kRounding && says_equivalent(comparisons[i].finding);
  }
  tally.different += different;
  tally.tuned_apart += tuned_apart;
  tally.equivalent += equivalent;
}

bool any_run_diverged(const ArmScores& arm) {
  return std::find(arm.diverged.begin(), arm.diverged.end(), true) != arm.diverged.end();
}

}  // namespace

StudyRates rates_of(const SimulatedDesign& design, uint32_t studies) {
  Tally tally;
  tally.covered.resize(design.arms.size() - 1);
  for (uint32_t number = 0; number < studies; ++number)
    add_study(design, simulated_study(design, number), tally);
  const auto all = static_cast<int>(studies);
  StudyRates rates{.covered = {},
                   .different = percent(tally.different, all),
                   .tuned_apart = percent(tally.tuned_apart, all),
                   .equivalent = percent(tally.equivalent, all),
                   .power = percent(tally.found, tally.differences)};
  for (const int count : tally.covered) rates.covered.push_back(percent(count, all));
  return rates;
}

TrainedShare trained_share(const SimulatedDesign& design, uint32_t studies) {
  int comparisons = 0, trained = 0, covered = 0;
  for (uint32_t number = 0; number < studies; ++number) {
    const SimulatedStudy study = simulated_study(design, number);
    const std::vector<Comparison> found = compare_with_baseline(study.arms, "0");
    for (size_t i = 0; i < found.size(); ++i) {
      ++comparisons;
      if (any_run_diverged(study.arms[0]) || any_run_diverged(study.arms[i + 1])) continue;
      ++trained;
      covered += found[i].test->interval.holds(study.trained[i + 1] - study.trained[0]);
    }
  }
  return {percent(trained, comparisons), percent(covered, trained)};
}

}  // namespace norma
