#include "apps/bench/results.h"

#include <algorithm>
#include <map>

#include "apps/common/status_line.h"
#include "apps/common/terminal.h"

namespace norma {
namespace {

// Shows how far the measuring is, where stderr is a terminal.
class Progress {
 public:
  void operator()(const std::string& text) const {
    if (stderr_terminal().interactive()) status_line().show(text);
  }
  ~Progress() {
    if (stderr_terminal().interactive()) status_line().clear();
  }
};

void compare_loops(std::vector<Result>& cases) {
  std::map<std::string, double> best;
  for (const Result& each : cases) best[each.loop] = std::max(best[each.loop], each.share());
  for (Result& each : cases)
    if (!each.loop.empty()) each.of_best = each.share() / best[each.loop];
}

}  // namespace

Results measure(const std::vector<BenchCase>& cases, const Pace& pace) {
  const Progress progress;
  std::vector<Work> works;
  for (const BenchCase& each : cases) {
    progress("making " + each.name);
    works.push_back(each.make());
  }
  Roofs roofs(works);
  const size_t count = works.size();
  works.insert(works.end(), roofs.works().begin(), roofs.works().end());
  const std::vector<Timing> timings = time_in_turns(works, pace, [&](int round, int rounds) {
    progress("round " + std::to_string(round + 1) + " of " + std::to_string(rounds));
  });
  roofs.take(std::span(timings).subspan(count));

  Results results{.note = "",
                  .machine = this_machine(),
                  .pace = pace,
                  .memory = roofs.memory(),
                  .arithmetic = {roofs.arithmetic().begin(), roofs.arithmetic().end()},
                  .cases = {}};
  for (size_t i = 0; i < count; ++i)
    results.cases.push_back({.name = cases[i].name,
                             .loop = cases[i].loop,
                             .bytes = works[i].bytes,
                             .flops = works[i].flops,
                             .working_set = works[i].working_set,
                             .arithmetic = works[i].arithmetic,
                             .timing = timings[i],
                             .bound = roofs.bound(works[i])});
  compare_loops(results.cases);
  return results;
}

}  // namespace norma
