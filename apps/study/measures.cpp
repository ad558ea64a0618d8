// Descriptive measures of a study, over the data sets it has for tasks.
#include <algorithm>

#include "apps/statistics/descriptive.h"
#include "apps/study/report_parts.h"

namespace norma {
namespace {

bool names_data(const std::string& path) { return path == "data" || path.starts_with("data."); }

// Arms that differ in their data alone: what they are called beside that, and the runs on each set.
struct AcrossTasks {
  std::string name;
  std::vector<std::string> tasks;
  std::vector<std::vector<double>> scores;
  bool baseline = false;  // the study's baseline is among them
};

// The arms that the axes combine to, those apart in nothing but their data put together. Without an
// axis over data each arm has one task; arms without scores are left out.
std::vector<AcrossTasks> across_tasks(const Study& study, const Judgement& judgement) {
  const bool has_tasks = std::any_of(study.axes.begin(), study.axes.end(),
                                     [](const Axis& axis) { return names_data(axis.path); });
  std::vector<AcrossTasks> all;
  for (const ArmRuns& runs : judgement.runs) {
    const Arm& arm = study.arm(runs.scores.arm);
    if (runs.all_failed() || (has_tasks && arm.names.empty())) continue;
    std::string name = has_tasks ? "" : arm.name, task;
    for (const Axis& axis : study.axes) {
      if (!has_tasks) break;
      std::string& part = names_data(axis.path) ? task : name;
      part += (part.empty() ? "" : "/") + arm.names.at(axis.path);
    }
    auto found = std::find_if(all.begin(), all.end(),
                              [&](const AcrossTasks& each) { return each.name == name; });
    if (found == all.end()) found = all.insert(all.end(), {name, {}, {}, false});
    found->tasks.push_back(task);
    found->scores.push_back(runs.scores.scores);
    found->baseline = found->baseline || arm.name == study.baseline;
  }
  return all;
}

// Losses of different data have different sizes: each counts in means of the baseline on its task.
std::optional<std::vector<std::vector<double>>> in_means_of(const AcrossTasks& baseline,
                                                            const AcrossTasks& arm) {
  std::vector<std::vector<double>> scaled = arm.scores;
  for (size_t task = 0; task < scaled.size(); ++task) {
    const double mean = mean_of(baseline.scores[task]);
    if (!(mean > 0)) return std::nullopt;
    for (double& score : scaled[task]) score /= mean;
  }
  return scaled;
}

void put(Json& all, const std::string& name, const std::string& arm, const Measure& measure) {
  all.push_back({{"name", name},
                 {"arm", arm},
                 {"value", measure.value ? Json(*measure.value) : Json()},
                 {"low", measure.interval ? Json(measure.interval->low) : Json()},
                 {"high", measure.interval ? Json(measure.interval->high) : Json()},
                 {"why_not", measure.why_not}});
}

}  // namespace

Json measures_json(const StudyState& state, const Judgement& judgement) {
  Json measures = Json::array();
  const Study& study = state.study;
  if (!state.plan.complete || !study.metric.needs_training()) return measures;
  const std::vector<AcrossTasks> all = across_tasks(study, judgement);
  const auto baseline =
      std::find_if(all.begin(), all.end(), [](const AcrossTasks& each) { return each.baseline; });
  if (baseline == all.end() || baseline->name.empty()) return measures;
  const uint64_t seed = static_cast<uint64_t>(study.first_seed);
  for (const AcrossTasks& arm : all) {
    if (arm.tasks != baseline->tasks) continue;
    // Without tasks there is nothing that an interquartile mean would sum up.
    if (!arm.tasks[0].empty()) {
      const auto scaled = in_means_of(*baseline, arm);
      put(measures, "IQM, in means of " + baseline->name, arm.name,
          scaled ? interquartile_mean(*scaled, seed)
                 : Measure{{}, {}, "a mean of " + baseline->name + " is not above 0"});
    }
    if (arm.name != baseline->name)
      put(measures, "P(lower than " + baseline->name + ")", arm.name,
          probability_of_improvement(arm.scores, baseline->scores, seed));
  }
  return measures;
}

}  // namespace norma
