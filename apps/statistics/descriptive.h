#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/statistics/interval.h"

namespace norma {

// The mean; NaN of nothing.
double mean_of(std::span<const double> values);
// The quantile p of numbers in rising order, at least one: between neighbours in proportion, as
// NumPy's default.
double sample_quantile(std::span<const double> ascending, double p);

// Descriptive measures of Agarwal et al., "Deep reinforcement learning at the edge of the
// statistical precipice" (2021), and of AlgoPerf (Dahl et al. 2023): no verdict rests on them. Each
// says where it has too few points to mean anything.

// A number with its interval, or why there is none, or no interval.
struct Measure {
  std::optional<double> value;
  std::optional<Interval> interval;
  std::string why_not;  // "needs three tasks, there is one"
};

// scores[task][run]. Mean of the middle half of all runs of all tasks. Needs three tasks; an
// interval (percentile bootstrap, resampled within each task, 95 %) ten runs in each. The same seed
// gives the same interval.
Measure interquartile_mean(std::span<const std::vector<double>> scores, uint64_t seed,
                           int resamples = 2000);

// P(X < Y) for scores where lower is better: the mean over tasks of the share of pairs in which x
// is lower, ties counting half; interval as above. Throws std::invalid_argument where x and y have
// not as many tasks.
Measure probability_of_improvement(std::span<const std::vector<double>> x,
                                   std::span<const std::vector<double>> y, uint64_t seed,
                                   int resamples = 2000);

// Performance profile: for each time ratio tau ≥ 1 the share of tasks (here: seeds) in which an arm
// reached the target within tau times the fastest arm's time. times[arm][task], infinite where the
// target was missed; a task that no arm reached counts against all. Every profile begins at tau 1.
// Throws std::invalid_argument for a time below 0 or NaN, and for arms with unequal counts of
// tasks.
struct Profile {
  std::vector<double> tau, share;  // steps: share[i] from tau[i] on
};
std::vector<Profile> performance_profiles(std::span<const std::vector<double>> times);

// Learning-rate sensitivity (Wortsman et al., "Small-scale proxies for large-scale transformer
// training instabilities", 2309.14322): the mean over the grid of min(score, score at
// initialization) − the best of them. Throws std::invalid_argument for no score.
double sensitivity(std::span<const double> scores, double at_initialization);

}  // namespace norma
