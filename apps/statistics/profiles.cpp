#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "apps/statistics/descriptive.h"

namespace norma {
namespace {

constexpr double kMissed = std::numeric_limits<double>::infinity();

// How many times as long as the fastest arm each needed for a task.
std::vector<double> time_ratios(std::span<const std::vector<double>> times, size_t task) {
  double fastest = kMissed;
  for (const std::vector<double>& arm : times) fastest = std::min(fastest, arm[task]);
  std::vector<double> ratios;
  for (const std::vector<double>& arm : times) {
    if (arm[task] == kMissed)
      ratios.push_back(kMissed);
    else  // reached before the first step: as fast as it gets
      ratios.push_back(arm[task] == fastest ? 1 : arm[task] / fastest);
  }
  return ratios;
}

Profile profile_of(std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  const double tasks = static_cast<double>(ratios.size());
  Profile profile{.tau = {1}, .share = {0}};
  for (size_t i = 0; i < ratios.size() && ratios[i] < kMissed; ++i) {
    if (ratios[i] > profile.tau.back()) {
      profile.tau.push_back(ratios[i]);
      profile.share.push_back(0);
    }
    profile.share.back() = static_cast<double>(i + 1) / tasks;
  }
  return profile;
}

}  // namespace

std::vector<Profile> performance_profiles(std::span<const std::vector<double>> times) {
  const size_t tasks = times.empty() ? 0 : times[0].size();
  for (const std::vector<double>& arm : times) {
    if (arm.size() != tasks)
      throw std::invalid_argument("a profile of arms with " + std::to_string(tasks) + " and " +
                                  std::to_string(arm.size()) + " tasks");
    for (const double time : arm) {
      if (!(time >= 0)) throw std::invalid_argument("a time of " + std::to_string(time));
    }
  }
  std::vector<std::vector<double>> ratios(times.size());  // [arm][task]
  for (size_t task = 0; task < tasks; ++task) {
    const std::vector<double> of_task = time_ratios(times, task);
    for (size_t arm = 0; arm < times.size(); ++arm) ratios[arm].push_back(of_task[arm]);
  }
  std::vector<Profile> profiles;
  for (std::vector<double>& of_arm : ratios) profiles.push_back(profile_of(std::move(of_arm)));
  return profiles;
}

double sensitivity(std::span<const double> scores, double at_initialization) {
  if (scores.empty()) throw std::invalid_argument("the sensitivity of no scores");
  double sum = 0, best = at_initialization;
  for (const double score : scores) {
    // A score that is no number is that of a diverged run.
    const double counted = score < at_initialization ? score : at_initialization;
    sum += counted;
    best = std::min(best, counted);
  }
  return sum / static_cast<double>(scores.size()) - best;
}

}  // namespace norma
