#include "apps/compare/baseline_guard.h"

#include <cstdio>
#include <iostream>

#include "apps/common/human.h"
#include "apps/study/against.h"
#include "core/config/changes.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

bool print_quality(const Study& study, const SessionResult& result, const Study& before,
                   const fs::path& old) {
  bool good = true;
  for (const QualityChange& each : compare_with_old(study, result.judgement, before, old)) {
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

fs::path earlier_program(const SessionOptions& options) {
  return options.against_build / "bin" / "compare";
}

bool print_costs(const Study& study, const SessionResult& result, const SessionOptions& options) {
  const fs::path old_program = earlier_program(options);
  bool good = true;
  for (const auto& [arm, change] :
       compare_builds(study, result.plan, own_program(), old_program.string(), options.threads)) {
    if (!change.problem.empty()) {
      std::cout << arm << " not measured: " << change.problem << "\n";
      continue;
    }
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

void check_earlier(const Study& study, const SessionOptions& options) {
  if (options.against.empty()) return;
  earlier_study(study, options.against);
  if (!options.against_build.empty() && !fs::exists(earlier_program(options)))
    throw Error("--against-build " + options.against_build.string() +
                ": expected a build folder with bin/compare");
}

bool hold_against(const Study& study, const SessionResult& result, const SessionOptions& options) {
  std::cout << "\nagainst " << options.against.string() << ":\n";
  const Study before = earlier_study(study, options.against);
  if (before.resolved != study.resolved)
    std::cout << "note: that study differs in " << changed_options(before.resolved, study.resolved)
              << "\n";
  const bool quality = print_quality(study, result, before, options.against);
  if (options.against_build.empty()) {
    std::cout
        << "time and memory of that run were not measured beside these and cannot be compared; "
           "--against-build DIR runs both builds in turns\n";
    return quality;
  }
  return print_costs(study, result, options) && quality;
}

}  // namespace norma
