#include "apps/compare/baseline_guard.h"

#include <cstdio>
#include <iostream>

#include "apps/common/human.h"
#include "apps/study/against.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

bool print_quality(const Study& study, const SessionResult& result, const fs::path& old) {
  bool good = true;
  for (const QualityChange& each : compare_with_old(study, result.judgement, old)) {
    char text[256];
    std::snprintf(text, sizeof text, "%s: %s %+.4g (%s of %.4g; interval %.4g to %.4g), p = %.2g",
                  each.worse ? "WORSE" : "ok", study.metric.name(Split::kTest).c_str(),
                  each.test.difference, human_percent(each.test.difference / each.then).c_str(),
                  each.then, each.test.interval.low, each.test.interval.high, each.p_holm);
    std::cout << each.arm << " " << text << "\n";
    good = good && !each.worse;
  }
  return good;
}

bool print_costs(const Study& study, const SessionResult& result, const SessionOptions& options) {
  const fs::path old_program = options.against_build / "bin" / "compare";
  if (!fs::exists(old_program))
    throw Error("--against-build " + options.against_build.string() +
                ": expected a build folder with bin/compare");
  bool good = true;
  for (const auto& [arm, change] :
       compare_builds(study, result.plan, own_program(), old_program.string(), options.threads)) {
    char text[128];
    std::snprintf(text, sizeof text, "%s: time of a step x %.3f, %s: memory x %.3f",
                  change.slower ? "SLOWER" : "ok", change.time, change.larger ? "LARGER" : "ok",
                  change.memory);
    std::cout << arm << " " << text << "\n";
    good = good && !change.slower && !change.larger;
  }
  return good;
}

}  // namespace

bool hold_against(const Study& study, const SessionResult& result, const SessionOptions& options) {
  std::cout << "\nagainst " << options.against.string() << ":\n";
  const bool quality = print_quality(study, result, options.against);
  if (options.against_build.empty()) {
    std::cout
        << "time and memory of that run were not measured beside these and cannot be compared; "
           "--against-build DIR runs both builds in turns\n";
    return quality;
  }
  return print_costs(study, result, options) && quality;
}

}  // namespace norma
