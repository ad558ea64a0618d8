#pragma once

#include <functional>
#include <vector>

#include "apps/bench/bench_case.h"

namespace norma {

// Times of one case, in microseconds a call, over the samples kept.
struct Timing {
  double median = 0, least = 0, most = 0;
  int kept = 0, taken = 0;  // samples
  // Others used the cores during so many samples that disturbed ones were kept.
  bool disturbed = false;
};

struct Pace {
  int rounds = 11;        // samples of each case; long ones have fewer, but three
  double seconds = 0.05;  // of a sample at least
};

// Times all works in turns, so that whatever slows the machine for a while slows them alike. A
// sample taken while other programs used the cores is dropped and taken again later, up to half as
// many times as there are rounds. The order of the timings is that of the works. `on_round` is told
// the rounds done, of how many.
std::vector<Timing> time_in_turns(const std::vector<Work>& works, const Pace& pace,
                                  const std::function<void(int, int)>& on_round);

}  // namespace norma
