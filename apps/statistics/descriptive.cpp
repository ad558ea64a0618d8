#include "apps/statistics/descriptive.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include "core/rng.h"

namespace norma {
namespace {

using Tasks = std::vector<std::vector<double>>;  // [task][run]

constexpr size_t kLeastTasks = 3;  // for the middle half
constexpr size_t kLeastRuns = 10;  // a task, for a bootstrap

std::string in_words(size_t count) {
  constexpr const char* kWords[] = {"none", "one", "two",   "three", "four",
                                    "five", "six", "seven", "eight", "nine"};
  return count < std::size(kWords) ? kWords[count] : std::to_string(count);
}

std::string too_few(const std::string& needed, size_t count) {
  return needed + ", there " + (count == 1 ? "is " : "are ") + in_words(count);
}

size_t fewest_runs(std::span<const std::vector<double>> tasks) {
  size_t fewest = tasks.empty() ? 0 : tasks[0].size();
  for (const std::vector<double>& runs : tasks) fewest = std::min(fewest, runs.size());
  return fewest;
}

// As many runs of each task again, drawn with replacement.
Tasks drawn_again(std::span<const std::vector<double>> tasks, RandomSequence& random) {
  Tasks drawn(tasks.begin(), tasks.end());
  for (size_t task = 0; task < drawn.size(); ++task) {
    for (double& run : drawn[task]) run = tasks[task][random.below(tasks[task].size())];
  }
  return drawn;
}

// The middle 95 % of what `measure` gives for resampled data. Resample i depends on (seed, i)
// alone.
Interval bootstrap_interval(std::string_view purpose, uint64_t seed, int resamples,
                            const std::function<double(RandomSequence&)>& measure) {
  if (resamples < 1) throw std::invalid_argument("a bootstrap needs a resample at least");
  std::vector<double> values(static_cast<size_t>(resamples));
  for (size_t i = 0; i < values.size(); ++i) {
    RandomSequence random(RandomStream(seed, stable_hash(purpose), static_cast<uint32_t>(i)));
    values[i] = measure(random);
  }
  std::sort(values.begin(), values.end());
  return {sample_quantile(values, 0.025), sample_quantile(values, 0.975)};
}

// A quarter of all runs is left out at either end, rounded down: scipy.stats.trim_mean at 0.25.
double middle_half(std::span<const std::vector<double>> tasks) {
  std::vector<double> all;
  for (const std::vector<double>& runs : tasks) all.insert(all.end(), runs.begin(), runs.end());
  std::sort(all.begin(), all.end());
  const auto cut = static_cast<std::ptrdiff_t>(all.size() / 4);
  const double sum = std::accumulate(all.begin() + cut, all.end() - cut, 0.0);
  return sum / static_cast<double>(static_cast<std::ptrdiff_t>(all.size()) - 2 * cut);
}

// The share of pairs (a of x, b of y) with a < b, ties counting half.
double share_below(const std::vector<double>& x, const std::vector<double>& y) {
  double below = 0;
  for (const double a : x) {
    for (const double b : y) below += a < b ? 1.0 : a == b ? 0.5 : 0.0;
  }
  return below / static_cast<double>(x.size() * y.size());
}

double mean_share_below(std::span<const std::vector<double>> x,
                        std::span<const std::vector<double>> y) {
  double sum = 0;
  for (size_t task = 0; task < x.size(); ++task) sum += share_below(x[task], y[task]);
  return sum / static_cast<double>(x.size());
}

}  // namespace

double sample_quantile(std::span<const double> ascending, double p) {
  const double at = p * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, ascending.size() - 1);
  const double share = at - static_cast<double>(below);
  return ascending[below] + share * (ascending[above] - ascending[below]);
}

Measure interquartile_mean(std::span<const std::vector<double>> scores, uint64_t seed,
                           int resamples) {
  Measure iqm;
  const size_t runs = fewest_runs(scores);
  if (scores.size() < kLeastTasks || runs == 0) {
    iqm.why_not = scores.size() < kLeastTasks ? too_few("needs three tasks", scores.size())
                                              : too_few("needs a run of each task", runs);
    return iqm;
  }
  iqm.value = middle_half(scores);
  if (runs < kLeastRuns)
    iqm.why_not = too_few("an interval needs ten runs of each task", runs);
  else
    iqm.interval = bootstrap_interval(
        "interquartile mean", seed, resamples,
        [&](RandomSequence& random) { return middle_half(drawn_again(scores, random)); });
  return iqm;
}

Measure probability_of_improvement(std::span<const std::vector<double>> x,
                                   std::span<const std::vector<double>> y, uint64_t seed,
                                   int resamples) {
  if (x.size() != y.size())
    throw std::invalid_argument("an improvement over " + std::to_string(x.size()) + " and " +
                                std::to_string(y.size()) + " tasks");
  Measure improvement;
  const size_t runs = std::min(fewest_runs(x), fewest_runs(y));
  if (runs == 0) {
    improvement.why_not = too_few("needs a run of each task", runs);
    return improvement;
  }
  improvement.value = mean_share_below(x, y);
  if (runs < kLeastRuns)
    improvement.why_not = too_few("an interval needs ten runs of each task", runs);
  else
    improvement.interval = bootstrap_interval(
        "probability of improvement", seed, resamples, [&](RandomSequence& random) {
          const Tasks x_again = drawn_again(x, random), y_again = drawn_again(y, random);
          return mean_share_below(x_again, y_again);
        });
  return improvement;
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double each : values) sum += each;
  return sum / static_cast<double>(values.size());
}

}  // namespace norma
