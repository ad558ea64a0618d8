#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "apps/statistics/interval.h"

namespace norma {

// A difference of means, judged by Student's t.
struct TTest {
  double difference = 0;      // mean of x − mean of y
  double standard_error = 0;  // of the difference
  double degrees = 0;         // of freedom
  double p = 1;               // two-sided, of a true difference of 0
  double confidence = 0.95;
  Interval interval;  // of the difference, at that confidence
  bool paired = false;
  // Pairs: the correlation of x and y, and how many times as many unpaired runs would be needed for
  // the same standard error. Nothing for two pairs, whose correlation is always 1 or −1, or where
  // one side does not vary; no power where all differences are the same.
  std::optional<double> correlation, power_gained;
};

// Pairs (x[i], y[i]), such as the losses of two arms from the same seed. Throws
// std::invalid_argument for fewer than two pairs or unequal lengths. Differences that are all the
// same have a standard error of 0: p is then 0, or 1 where they are all 0.
TTest paired_t_test(std::span<const double> x, std::span<const double> y, double confidence = 0.95);

// Two independent samples, of unequal variance (Welch, "The generalization of Student's problem
// when several different population variances are involved", 1947); at least two values each.
TTest welch_t_test(std::span<const double> x, std::span<const double> y, double confidence = 0.95);

// Two one-sided t-tests (Schuirmann, "A comparison of the two one-sided tests procedure and the
// power approach for assessing the equivalence of average bioavailability", 1987): p of a true
// difference at or beyond ±margin, the larger one of the two. A small p says "equivalent". Throws
// std::invalid_argument for a margin below 0.
double equivalence_p(const TTest& test, double margin);

// One-sided p of "the true difference is at most `bound`": small where it is greater.
double greater_p(const TTest& test, double bound);

// The smallest true difference that a two-sided t-test at level `alpha` finds with probability
// `power`, from the standard error and degrees of freedom it will have. Throws
// std::invalid_argument where not 0 < alpha < power < 1.
double detectable_difference(double standard_error, double degrees, double alpha = 0.05,
                             double power = 0.8);

// The mean of one sample and its interval: two values at least.
struct MeanEstimate {
  double mean = 0, deviation = 0;  // deviation: of single values, with n − 1
  size_t count = 0;
  Interval interval;
};
MeanEstimate mean_estimate(std::span<const double> values, double confidence = 0.95);

}  // namespace norma
