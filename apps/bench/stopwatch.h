#pragma once

#include <functional>
#include <string>
#include <vector>

namespace norma {

// Something to be timed: one call of `run` does it once.
struct BenchCase {
  std::string name;
  std::function<void()> run;
  double bytes = 0;        // that one call must move between memory and processor
  double working_set = 0;  // bytes of the tensors that it goes through
  std::string shape = {};  // of its loops, by which shares are compared
};

// Times of one case, in microseconds a call.
struct Timing {
  double median = 0, least = 0, most = 0;
};

// Times all cases in turns, `rounds` samples of at least `seconds` each, so that whatever slows the
// machine for a while slows them alike. The order of the timings is that of the cases.
std::vector<Timing> time_in_turns(const std::vector<BenchCase>& cases, int rounds, double seconds);

}  // namespace norma
