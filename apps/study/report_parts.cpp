#include "apps/study/report_parts.h"

#include <algorithm>
#include <limits>

#include "apps/statistics/descriptive.h"

namespace norma {
namespace {

// The trials of an arm's tuning, rungs among them, that have results.
std::vector<Trial> tuning_trials(const StudyState& state, const std::string& arm) {
  std::vector<Trial> all;
  for (const Trial& trial : state.plan.trials)
    if (trial.arm == arm && trial.phase != Phase::kVerdict && state.results.contains(trial.id))
      all.push_back(trial);
  return all;
}

// The first evaluated step at which a run's curve is at the target; infinite where it never is.
double steps_to_target(const Json& result, double target) {
  const auto curve = result.find("curve");
  if (curve != result.end())
    for (const Json& point : *curve)
      if (point[1].is_number() && point[1].get<double>() <= target) return point[0].get<double>();
  return std::numeric_limits<double>::infinity();
}

double seconds_a_step(const StudyState& state, const std::string& arm) {
  const auto cost = state.costs.find(arm);
  return cost == state.costs.end() ? 0 : 1e-3 * cost->second.ms_per_step;
}

Json or_null(double value) { return value < 1e300 ? Json(value) : Json(); }

}  // namespace

Json tuning_points_json(const StudyState& state) {
  Json all = Json::array();
  const double worst = worst_initial(state.results);
  for (const Arm& arm : state.study.arms) {
    const auto& options = state.study.tuning.options_of(arm.name);
    const auto choice = state.plan.chosen.find(arm.name);
    for (size_t i = 0; i < options.size(); ++i) {
      Json points = Json::array();
      for (const Trial& trial : tuning_trials(state, arm.name)) {
        const Json& result = state.results.at(trial.id);
        points.push_back({{"x", trial.point[i]},
                          {"seed", trial.seed},
                          {"score", score_of(result, worst)},
                          {"ending", name_of(ending_of(result))},
                          {"rung", trial.rung > 0 ? Json(trial.rung) : Json()}});
      }
      const bool known = choice != state.plan.chosen.end();
      all.push_back({{"arm", arm.name},
                     {"path", options[i].path},
                     {"log", options[i].log},
                     {"points", std::move(points)},
                     {"chosen", known ? Json(choice->second.point[i]) : Json()}});
    }
  }
  return all;
}

Json rungs_json(const StudyState& state) {
  if (!state.study.tuning.halving) return nullptr;
  Json contenders = Json::array();
  for (const Contender& each : contenders_of(state))
    contenders.push_back(
        {{"arm", each.arm}, {"settings", settings_json(each.settings)}, {"scores", each.scores}});
  return {{"steps", state.study.tuning.halving->rungs}, {"contenders", std::move(contenders)}};
}

Json curves_json(const Study& study, const Judgement& judgement) {
  Json all = Json::array();
  const std::vector<int64_t> seeds = study.verdict_seeds();
  for (const ArmRuns& runs : judgement.runs)
    for (size_t i = 0; i < runs.results.size(); ++i)
      all.push_back({{"arm", runs.scores.arm},
                     {"seed", seeds[i]},
                     {"ending", name_of(ending_of(*runs.results[i]))},
                     {"validation", runs.results[i]->value("curve", Json::array())},
                     {"training", runs.results[i]->value("training", Json::array())}});
  return all;
}

Json heat_map_json(const Study& study, const Judgement& judgement) {
  if (study.axes.size() != 2) return nullptr;
  const auto names = [](const Axis& axis) {
    Json all = Json::array();
    for (const AxisValue& value : axis.values)
      all.push_back(value.number ? Json(*value.number) : Json(value.name));
    return Json{{"path", axis.path}, {"values", std::move(all)}};
  };
  Json cells = Json::array();
  size_t at = 0;  // arms stand in the order of the axes, the last changing fastest
  for (size_t y = 0; y < study.axes[0].values.size(); ++y) {
    Json row = Json::array();
    for (size_t x = 0; x < study.axes[1].values.size(); ++x, ++at) {
      Json mean;
      for (const ArmRuns& runs : judgement.runs)
        if (runs.scores.arm == study.arms[at].name)
          mean = runs.all_failed() ? Json() : Json(mean_of(runs.scores.scores));
      row.push_back(std::move(mean));
    }
    cells.push_back(std::move(row));
  }
  return {{"x", names(study.axes[1])}, {"y", names(study.axes[0])}, {"cells", std::move(cells)}};
}

void put_target(Json& arm, const StudyState& state, const ArmRuns& runs) {
  if (!state.study.target) return;
  Json steps = Json::array();
  std::vector<double> reached;
  for (const Json* result : runs.results) {
    const double step = steps_to_target(*result, *state.study.target);
    steps.push_back(or_null(step));
    reached.push_back(step);
  }
  arm["steps_to_target"] = std::move(steps);
  // The median run; infinite where half of them never arrived.
  std::sort(reached.begin(), reached.end());
  const double seconds = seconds_a_step(state, runs.scores.arm);
  const double median = reached[reached.size() / 2];
  if (seconds > 0) arm["time_to_target_s"] = or_null(median * seconds);
}

Json profile_json(const StudyState& state, const Judgement& judgement) {
  if (!state.study.target || state.costs.empty() || judgement.runs.empty()) return nullptr;
  std::vector<std::vector<double>> times;
  for (const ArmRuns& runs : judgement.runs) {
    const double seconds = seconds_a_step(state, runs.scores.arm);
    if (seconds <= 0)
      return nullptr;  // without the time of one arm the others' shares mean nothing
    times.emplace_back();
    for (const Json* result : runs.results)
      times.back().push_back(steps_to_target(*result, *state.study.target) * seconds);
  }
  const std::vector<Profile> profiles = performance_profiles(times);
  Json arms = Json::array();
  for (size_t i = 0; i < profiles.size(); ++i)
    arms.push_back({{"arm", judgement.runs[i].scores.arm},
                    {"tau", profiles[i].tau},
                    {"share", profiles[i].share}});
  return {{"target", *state.study.target}, {"arms", std::move(arms)}};
}

void put_sensitivity(Json& arm, const StudyState& state, const Arm& which) {
  const Study& study = state.study;
  if (study.tuning.options.size() != 1 || study.tuning.per_arm.contains(which.name)) return;
  const double worst = worst_initial(state.results);
  std::vector<double> means;  // one a point, so that points with more seeds weigh no more
  double initial = 0;
  for (const Point& point : study.tuning.points(which.name)) {
    std::vector<double> scores;
    for (const int64_t seed : study.tuning_seeds()) {
      const Trial trial = make_trial(study, which.name, Phase::kTune, point, seed);
      const auto found = state.results.find(trial.id);
      if (found == state.results.end()) return;
      scores.push_back(score_of(found->second, worst));
      initial = std::max(initial, found->second.value("initial", worst));
    }
    means.push_back(mean_of(scores));
  }
  if (means.size() > 1) arm["sensitivity"] = sensitivity(means, initial);
}

Json trials_json(const StudyState& state) {
  Json all = Json::array();
  for (const Trial& trial : state.plan.trials) {
    const auto found = state.results.find(trial.id);
    if (found == state.results.end()) continue;
    const Json& result = found->second;
    Json row{{"trial", trial.id},
             {"arm", trial.arm},
             {"phase", name_of(trial.phase)},
             {"seed", trial.seed},
             {"settings", settings_json(trial.settings)},
             {"status", result.at("status")},
             {"ending", name_of(ending_of(result))},
             {"reason", result.value("reason", "")}};
    for (const char* name : {"steps", "initial", "metric", "score"})
      row[name] = result.value(name, Json());
    all.push_back(std::move(row));
  }
  return all;
}

std::string metric_unit(const Study& study) {
  const RunConfig config =
      read_run_config(study.arm(study.baseline).config, "the baseline", {}, nullptr);
  DataInfo info;
  info.kind = integer_option(config.model, "context") ? InputKind::kTokens : InputKind::kFeatures;
  return study.metric.unit(info);
}

}  // namespace norma
