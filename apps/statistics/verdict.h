#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/statistics/interval.h"
#include "apps/statistics/t_tests.h"

namespace norma {

// What a study found of one arm: one entry a fresh seed, in the order of the seeds. Lower is
// better.
struct ArmScores {
  std::string arm;
  // The metric at the final step, at most its value at initialization: what a diverged run counts.
  std::vector<double> scores;
  std::vector<bool> diverged;  // empty where no run did
};

enum class Finding {
  kBetter,             // than the baseline, beyond the margin or not
  kWorse,              // likewise
  kEquivalent,         // the difference is within ±margin, and none was found
  kSmallDifference,    // a difference was found, and it is within ±margin
  kNotDistinguishable  // neither
};
const char* name_of(Finding finding);  // "better", "not distinguishable" …

// One arm against the baseline.
struct Comparison {
  std::string arm;
  Finding finding = Finding::kNotDistinguishable;
  // Nothing below for fewer than three seeds: points alone are shown then.
  std::optional<TTest> test;  // arm − baseline
  double p_holm = 1;          // of "no difference", adjusted for all comparisons of the study
  double margin = 0;          // of equivalence, in units of the metric
  // Of "a difference of the margin or more", adjusted. 1 where a run of either arm diverged: scores
  // that were cut to the same value would look alike.
  double equivalence_p_holm = 1;
  // The smallest difference that a study of this size finds with power 0.8, if this arm alone
  // differs: at the level of Holm's first step.
  double detectable = 0;
};

struct VerdictOptions {
  bool paired = true;
  double confidence = 0.95;
  double relative_margin = 0.01;  // of the baseline's mean: differences below do not matter
};

// Compares every other arm with the baseline. Tests of difference and tests of equivalence are two
// families, each held at 1 − confidence by Holm's method ("A simple sequentially rejective multiple
// test procedure", 1979); intervals are those of single comparisons. Throws std::invalid_argument
// where the baseline is missing, a score is not finite, or pairs are asked for and counts differ.
//
// A finding is about the arms as they were tuned: what other tuning seeds would have chosen is not
// in it. Where no run diverged, it is about runs that train: how many may not is for the interval
// of the divergence rate to say.
std::vector<Comparison> compare_with_baseline(std::span<const ArmScores> arms,
                                              const std::string& baseline,
                                              const VerdictOptions& options = {});

// The test of x − y that all verdicts rest on; nothing where either has fewer than three seeds.
std::optional<TTest> test_of_arms(const ArmScores& x, const ArmScores& y,
                                  const VerdictOptions& options);

// p-values adjusted by Holm's method, in the order given.
std::vector<double> holm_adjusted(std::span<const double> p);

// A share and its interval that is never too narrow (Clopper and Pearson, "The use of confidence or
// fiducial limits illustrated in the case of the binomial", 1934).
struct Proportion {
  int count = 0, of = 0;
  Interval interval;
};
Proportion clopper_pearson(int count, int of, double confidence = 0.95);

// Places in a ranking by mean score: arm i may stand anywhere from `best` to `worst`, counted from
// 1, behind the arms found better and before those found worse (as Al Mohamad, Goeman and van Zwet,
// "Simultaneous confidence intervals for ranks with application to ranking institutions", 2021).
// The comparisons with the baseline are those of compare_with_baseline, so that a ranking never
// says other than the verdict; those among the other arms are a family of their own, held at
// 1 − confidence by Holm's method, too. All ranges are right together with a probability of
// 1 − 2 (1 − confidence) at least. What follows from two findings is found as well: an arm worse
// than the baseline never shares its best rank. Of arms with fewer than three seeds nothing is
// found. Arms whose ranges are one range are not distinguishable.
struct Rank {
  int best = 1, worst = 1;
};
std::vector<Rank> rank_ranges(std::span<const ArmScores> arms, const std::string& baseline,
                              const VerdictOptions& options = {});

}  // namespace norma
