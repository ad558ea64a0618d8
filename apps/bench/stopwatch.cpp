#include "apps/bench/stopwatch.h"

#include <algorithm>
#include <chrono>

namespace norma {
namespace {

// Seconds a call, over as many calls as fill `least_seconds`.
double sample(const BenchCase& timed, double least_seconds) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (int64_t calls = 1;; ++calls) {
    timed.run();
    const double passed = std::chrono::duration<double>(Clock::now() - start).count();
    if (passed >= least_seconds) return passed / static_cast<double>(calls);
  }
}

}  // namespace

std::vector<Timing> time_in_turns(const std::vector<BenchCase>& cases, int rounds, double seconds) {
  std::vector<std::vector<double>> samples(cases.size());
  for (const BenchCase& timed : cases) sample(timed, seconds);  // caches and pools fill
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < cases.size(); ++i) samples[i].push_back(1e6 * sample(cases[i], seconds));
  std::vector<Timing> timings;
  for (std::vector<double>& each : samples) {
    std::sort(each.begin(), each.end());
    timings.push_back({each[each.size() / 2], each.front(), each.back()});
  }
  return timings;
}

}  // namespace norma
