#include "apps/bench/stopwatch.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "apps/common/contention.h"
#include "core/parallel.h"

namespace norma {
namespace {

// Seconds a call, over as many calls as fill `least_seconds`.
double seconds_of(const Work& work, double least_seconds) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (int64_t calls = 1;; ++calls) {
    work.run();
    const double passed = std::chrono::duration<double>(Clock::now() - start).count();
    if (passed >= least_seconds) return passed / static_cast<double>(calls);
  }
}

// The samples of one work.
struct Samples {
  int wanted = 0;
  std::vector<double> quiet, disturbed;  // microseconds

  int taken() const { return static_cast<int>(quiet.size() + disturbed.size()); }
  // Too few quiet ones: the disturbed count too.
  bool scarce() const { return static_cast<int>(quiet.size()) < std::min(3, wanted); }
  Timing timing() const {
    std::vector<double> kept = quiet;
    if (scarce()) kept.insert(kept.end(), disturbed.begin(), disturbed.end());
    std::sort(kept.begin(), kept.end());
    return {.median = kept[kept.size() / 2],
            .least = kept.front(),
            .most = kept.back(),
            .kept = static_cast<int>(kept.size()),
            .taken = taken(),
            .disturbed = scarce()};
  }
};

// A sample that lasts longer than this costs as many rounds as it is longer.
constexpr double kLongSample = 0.2;

}  // namespace

std::vector<Timing> time_in_turns(const std::vector<Work>& works, const Pace& pace,
                                  const std::function<void(int, int)>& on_round) {
  const int threads = thread_count(), rounds = pace.rounds;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  std::vector<Samples> all(works.size());
  for (size_t i = 0; i < works.size(); ++i) {
    const double once = seconds_of(works[i], pace.seconds);  // caches and pools fill
    const double affordable = rounds * kLongSample / std::max(once, kLongSample);
    all[i].wanted = std::min(rounds, std::max(3, static_cast<int>(std::ceil(affordable))));
  }
  Contention contention;
  const auto take = [&](size_t i) {
    contention.lap();
    const double us = 1e6 * seconds_of(works[i], pace.seconds);
    const bool disturbed = is_disturbed(contention.lap(), threads, cores);
    (disturbed ? all[i].disturbed : all[i].quiet).push_back(us);
  };
  for (int round = 0; round < rounds; ++round) {
    on_round(round, rounds);
    for (size_t i = 0; i < works.size(); ++i) {
      const int due = ((round + 1) * all[i].wanted + rounds - 1) / rounds;
      if (all[i].taken() < due) take(i);
    }
  }
  for (int again = 0; again < rounds; ++again)
    for (size_t i = 0; i < works.size(); ++i)
      if (static_cast<int>(all[i].quiet.size()) < all[i].wanted &&
          2 * all[i].taken() < 3 * all[i].wanted)
        take(i);
  std::vector<Timing> timings;
  for (const Samples& each : all) timings.push_back(each.timing());
  return timings;
}

}  // namespace norma
