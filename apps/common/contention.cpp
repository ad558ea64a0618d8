#include "apps/common/contention.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace norma {
namespace {

double ticks_a_second() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

double own_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wall_seconds() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

std::optional<double> everyone_seconds() {
  std::ifstream file("/proc/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return busy_seconds(line, ticks_a_second());
}

}  // namespace

std::optional<double> busy_seconds(std::string_view proc_stat, double ticks_a_second) {
  std::istringstream words{std::string(proc_stat)};
  std::string cpu;
  double user, nice, system, idle, waiting, irq, softirq, steal;
  words >> cpu >> user >> nice >> system >> idle >> waiting >> irq >> softirq >> steal;
  if (!words || cpu != "cpu") return std::nullopt;
  return (user + nice + system + irq + softirq + steal) / ticks_a_second;
}

Contention::Since Contention::lap() {
  const double wall = wall_seconds(), own = own_seconds();
  const std::optional<double> everyone = everyone_seconds();
  Since since{.wall = wall - wall_, .foreign = std::nullopt};
  if (everyone && everyone_) since.foreign = std::max(0.0, (*everyone - *everyone_) - (own - own_));
  wall_ = wall, own_ = own, everyone_ = everyone;
  return since;
}

bool is_disturbed(const Contention::Since& sample, int threads, int cores) {
  if (!sample.foreign) return false;
  const double tenth = 0.1 * threads * sample.wall;
  const double spare = std::max(0, cores - threads) * sample.wall;
  return *sample.foreign > tenth + spare + 2 / ticks_a_second();
}

}  // namespace norma
