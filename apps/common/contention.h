#pragma once

#include <optional>
#include <string_view>

namespace norma {

// CPU time that this program did not get: what others used, and what the machine's host took away.
class Contention {
 public:
  // Reads the clocks anew; tells what happened since the last call.
  struct Since {
    double wall = 0;                // seconds
    std::optional<double> foreign;  // CPU seconds; unknown where /proc/stat is not to be had
  };
  Since lap();

 private:
  double wall_ = 0, own_ = 0;
  std::optional<double> everyone_;
};

// Seconds that all programs and the host were busy, out of the first line of /proc/stat.
std::optional<double> busy_seconds(std::string_view proc_stat, double ticks_a_second);

// Whether a sample of so many seconds on so many threads was disturbed: others had more than a
// tenth of the time of its threads, beyond what the other cores offer. The clock of /proc/stat is
// coarse: two of its ticks are taken for noise.
bool is_disturbed(const Contention::Since& sample, int threads, int cores);

}  // namespace norma
