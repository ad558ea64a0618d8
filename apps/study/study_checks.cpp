#include "apps/study/study_checks.h"

#include <algorithm>
#include <set>

#include "apps/gauges/gauge.h"
#include "apps/trainer/run_config.h"
#include "core/config/values.h"

namespace norma {
namespace {

constexpr const char* kSeed = "train.seed";

// The option at a path of a resolved config; null where there is none.
Json option_at(const Json& config, const std::string& path) {
  const Json* at = &config;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    const std::string key = path.substr(begin, end - begin);
    if (!at->is_object() || !at->contains(key)) return Json();
    at = &(*at)[key];
    begin = end + 1;
  }
  return *at;
}

Json resolved_config(const Json& config) {
  Json resolved;
  read_run_config(config, "", {}, &resolved);
  return resolved;
}

void keep_whole_in(const Json& config, std::vector<Axis>& options) {
  for (Axis& axis : options)
    if (option_at(config, axis.path).is_number_integer()) round_values(axis);
}

// The first point that an arm cannot be trained with; further ones mostly say the same.
void check_points_of(Findings& findings, const Study& study, const Arm& arm) {
  for (const Point& point : study.tuning.points(arm.name)) {
    const auto settings = settings_of(study.tuning.options_of(arm.name), point);
    try {
      read_run_config(with_settings(arm.config, settings), "", {}, nullptr);
    } catch (const ConfigError& error) {
      for (Fault fault : error.faults()) {
        fault.path =
            "tune, arm " + arm.name + " with " + settings_text(settings) + ": " + fault.path;
        findings.add(std::move(fault));
      }
      return;
    } catch (const Error& error) {
      findings.add({"tune, arm " + arm.name + " with " + settings_text(settings), error.what(),
                    "options that the arm's config has", ""});
      return;
    }
  }
}

}  // namespace

void check_names(Findings& findings, const Study& study) {
  std::vector<std::string> names;
  for (const Arm& arm : study.arms) names.push_back(arm.name);
  for (size_t i = 0; i < names.size(); ++i)
    if (std::find(names.begin(), names.begin() + static_cast<ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<ptrdiff_t>(i))
      findings.add({"arms", names[i], "a name that no other arm has", ""});
  if (std::find(names.begin(), names.end(), study.baseline) == names.end())
    findings.add({"baseline", study.baseline, "one of the arms: " + listed(names, "or"),
                  nearest_name(study.baseline, names)});
  for (const auto& [arm, options] : study.tuning.per_arm)
    if (std::find(names.begin(), names.end(), arm) == names.end())
      findings.add({join("tune.per_arm", arm), arm, "one of the arms: " + listed(names, "or"),
                    nearest_name(arm, names)});
}

void check_paths(Findings& findings, const Study& study) {
  std::map<std::string, std::string> set_by;  // what sets a path, by path
  for (const Axis& axis : study.axes) set_by[axis.path] = "vary";
  for (const Arm& arm : study.arms)
    for (const Setting& setting : arm.settings) set_by.emplace(setting.path, "arm " + arm.name);
  std::set<std::string> tuned;
  for (const std::string& path : paths_of(study.tuning.options)) tuned.insert(path);
  for (const auto& [arm, options] : study.tuning.per_arm)
    for (const std::string& path : paths_of(options)) tuned.insert(path);
  for (const std::string& path : tuned)
    if (const auto other = set_by.find(path); other != set_by.end())
      findings.add({join("tune", path), "set by " + other->second + ", too",
                    "an option that the arms do not differ in", ""});
  if (set_by.contains(kSeed) || tuned.contains(kSeed))
    findings.add({kSeed, "set by " + (tuned.contains(kSeed) ? "tune" : set_by[kSeed]),
                  "nothing: seeds belong to the study, see \"seeds\" and \"first_seed\"", ""});
}

void check_gauge(Findings& findings, const Study& study) {
  if (study.metric.needs_training()) return;
  std::vector<std::string> names;
  for (const Entry* entry : gauge_registry().entries())
    if (gauge_registry().at(entry->type).make) names.push_back(entry->type);
  const std::string& gauge = study.metric.gauge;
  if (std::find(names.begin(), names.end(), gauge) == names.end())
    findings.add({"metric", study.metric.name(Split::kTest),
                  "init/ and a gauge that needs no probe: " + listed(names, "or"),
                  nearest_name(gauge, names)});
}

void keep_whole(Study& study) {
  if (!study.tuning.any() || study.arms.empty()) return;
  keep_whole_in(resolved_config(study.arms[0].config), study.tuning.options);
  for (auto& [arm, options] : study.tuning.per_arm)
    keep_whole_in(resolved_config(study.arm(arm).config), options);
}

void check_points(Findings& findings, const Study& study) {
  for (const Arm& arm : study.arms) check_points_of(findings, study, arm);
}

}  // namespace norma
