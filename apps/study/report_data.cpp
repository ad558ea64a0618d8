#include "apps/study/report_data.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "apps/common/machine.h"
#include "apps/study/report_parts.h"
#include "core/version.h"

namespace norma {
namespace {

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

Json settings_json(const std::vector<Setting>& settings) {
  Json json = Json::object();
  for (const Setting& setting : settings) json[setting.path] = setting.value;
  return json;
}

Json divergence_json(const ArmScores& scores, double confidence) {
  const int count =
      static_cast<int>(std::count(scores.diverged.begin(), scores.diverged.end(), true));
  const Proportion share =
      clopper_pearson(count, static_cast<int>(scores.diverged.size()), confidence);
  return {{"count", share.count},
          {"of", share.of},
          {"low", share.interval.low},
          {"high", share.interval.high}};
}

// Evaluations of all runs of an arm by name: mean, interval, values.
Json evaluations_json(const ArmRuns& runs, double confidence) {
  std::vector<std::pair<std::string, std::vector<double>>> figures;
  for (const Json* result : runs.results) {
    if (!result->contains("evaluations")) continue;
    for (const auto& [name, value] : (*result)["evaluations"].items()) {
      auto found = std::find_if(figures.begin(), figures.end(),
                                [&](const auto& each) { return each.first == name; });
      if (found == figures.end()) found = figures.insert(figures.end(), {name, {}});
      if (value.is_number()) found->second.push_back(value.get<double>());
    }
  }
  Json json = Json::object();
  for (const auto& [name, values] : figures) json[name] = mean_json(values, confidence);
  return json;
}

void put_tuning(Json& json, const StudyState& state, const Arm& arm) {
  const auto choice = state.plan.chosen.find(arm.name);
  if (choice == state.plan.chosen.end()) return;
  const auto& options = state.study.tuning.options_of(arm.name);
  json["tuned"] = settings_json(settings_of(options, choice->second.point));
  json["tuning"] = options.empty()                ? "nothing was tuned"
                   : choice->second.doubt.empty() ? "tuned"
                                                  : "not tuned: " + choice->second.doubt;
  json["tuning_trials"] = choice->second.trials;
}

Json arm_json(const StudyState& state, const Judgement& judgement, size_t index) {
  const Study& study = state.study;
  const Arm& arm = study.arms[index];
  Json json{{"name", arm.name},
            {"baseline", arm.name == study.baseline},
            {"settings", settings_json(arm.settings)},
            {"config", arm.config}};
  put_tuning(json, state, arm);
  if (index < state.facts.size()) {
    json["parameters"] = state.facts[index].parameters;
    json["flops_per_step"] = state.facts[index].flops_per_step;
    json["tokens"] = state.facts[index].tokens;
  }
  if (const auto cost = state.costs.find(arm.name); cost != state.costs.end())
    json["costs"] = costs_json({*cost})[arm.name];
  for (size_t i = 0; i < judgement.runs.size(); ++i) {
    const ArmRuns& runs = judgement.runs[i];
    if (runs.scores.arm != arm.name) continue;
    json["seeds"] = study.verdict_seeds();
    json["diverged"] = runs.scores.diverged;
    json["divergence"] = divergence_json(runs.scores, study.confidence);
    json.update(mean_json(runs.scores.scores, study.confidence));
    json["evaluations"] = evaluations_json(runs, study.confidence);
    if (i < judgement.ranks.size())
      json["rank"] = {{"best", judgement.ranks[i].best}, {"worst", judgement.ranks[i].worst}};
    put_target(json, state, runs);
  }
  put_sensitivity(json, state, arm);
  return json;
}

Json comparison_json(const Comparison& each, double baseline_mean) {
  Json json{{"arm", each.arm}, {"finding", name_of(each.finding)}};
  if (!each.test) {
    json["finding"] = "points only";
    return json;
  }
  const TTest& test = *each.test;
  json["difference"] = test.difference;
  json["low"] = test.interval.low;
  json["high"] = test.interval.high;
  json["relative"] = baseline_mean != 0 ? Json(test.difference / baseline_mean) : Json();
  json["p"] = test.p;
  json["p_holm"] = each.p_holm;
  json["equivalence_p_holm"] = each.equivalence_p_holm;
  json["margin"] = each.margin;
  json["correlation"] = test.correlation ? Json(*test.correlation) : Json();
  json["power_gained"] =
      test.power_gained && std::isfinite(*test.power_gained) ? Json(*test.power_gained) : Json();
  json["detectable"] = each.detectable;
  return json;
}

Json comparisons_json(const Judgement& judgement, const std::string& baseline) {
  double mean = 0;
  for (const ArmRuns& runs : judgement.runs)
    if (runs.scores.arm == baseline)
      for (const double score : runs.scores.scores)
        mean += score / static_cast<double>(runs.scores.scores.size());
  Json all = Json::array();
  for (const Comparison& each : judgement.comparisons) all.push_back(comparison_json(each, mean));
  return all;
}

Json claim_json(const Study& study, const Judgement& judgement) {
  if (study.claim.is_null()) return nullptr;
  Json json = study.claim;
  json["verdict"] = name_of(overall(judgement.claim));
  Json tests = Json::array();
  for (const ClaimOutcome& each : judgement.claim) {
    Json overlays = Json::array();
    for (const Overlay& overlay : each.overlays) overlays.push_back(overlay_json(overlay));
    tests.push_back({{"test", each.test},
                     {"verdict", name_of(each.verdict)},
                     {"estimate", each.estimate ? Json(*each.estimate) : Json()},
                     {"low", each.interval ? Json(each.interval->low) : Json()},
                     {"high", each.interval ? Json(each.interval->high) : Json()},
                     {"threshold", each.threshold},
                     {"sentence", each.sentence},
                     {"overlays", std::move(overlays)}});
  }
  json["outcomes"] = std::move(tests);
  return json;
}

Json differences_json(const StudyState& state) {
  Json all = Json::array();
  const auto add = [&](const std::string& arm, const std::string& what, const std::string& here,
                       const std::string& baseline, bool studied) {
    all.push_back({{"arm", arm},
                   {"what", what},
                   {"here", here},
                   {"baseline", baseline},
                   {"studied", studied}});
  };
  if (state.facts.size() == state.study.arms.size())
    for (const Difference& each : differences(state.study, state.facts))
      add(each.arm, each.what, each.here, each.baseline, !each.refused);
  const auto baseline = state.plan.chosen.find(state.study.baseline);
  if (baseline == state.plan.chosen.end()) return all;
  for (const auto& [arm, choice] : state.plan.chosen)
    if (choice.trials != baseline->second.trials)
      add(arm, "tuning trials (the grid grew at an edge)", std::to_string(choice.trials),
          std::to_string(baseline->second.trials), false);
  return all;
}

Json notes_json(const StudyState& state) {
  Json notes = Json::array();
  const Study& study = state.study;
  if (!study.tuning.halving && study.seeds < 3)
    notes.push_back("Fewer than three seeds: points only, no intervals and no verdict.");
  if (!study.paired)
    notes.push_back("Runs are compared as independent samples (Welch), although seeds are shared.");
  for (size_t i = 0; i < state.facts.size(); ++i)
    for (const std::string& warning : state.facts[i].warnings)
      notes.push_back(study.arms[i].name + ": " + warning);
  for (const Json& each : state.card.value("duplicates", Json::array()))
    if (each.at("split") != name_of(Split::kTrain) && each.at("found") > 0)
      notes.push_back("Contamination: " + json_line(each.at("found")) + " of " +
                      json_line(each.at("checked")) + " " + each.at("what").get<std::string>() +
                      ". There a score counts what was remembered, for every arm alike.");
  for (const auto& [id, result] : state.results)
    if (result.at("status") == "failed")
      notes.push_back(id + " failed: " + result.at("reason").get<std::string>());
  return notes;
}

}  // namespace

Json mean_json(const std::vector<double>& values, double confidence) {
  Json json{{"scores", values}, {"mean", nullptr}, {"low", nullptr}, {"high", nullptr}};
  if (values.empty()) return json;
  double sum = 0;
  for (const double value : values) sum += value;
  json["mean"] = sum / static_cast<double>(values.size());
  if (values.size() < 3) return json;
  const MeanEstimate estimate = mean_estimate(values, confidence);
  json["low"] = estimate.interval.low;
  json["high"] = estimate.interval.high;
  return json;
}

Json report_data(const StudyState& state) {
  const Study& study = state.study;
  const Judgement judgement = judge(state);
  Json report{{"title", study.title},
              {"norma", version()},
              {"date", today()},
              {"command", state.command},
              {"exploratory", study.tuning.halving.has_value()},
              {"complete", state.plan.complete},
              {"metric",
               {{"name", study.metric.name(Split::kTest)},
                {"unit", metric_unit(study)},
                {"tuned_on", study.metric.name(Split::kValidation)}}},
              {"confidence", study.confidence},
              {"budget", budget_words(study)},
              {"verdict", verdict_words(state, judgement)},
              {"notes", notes_json(state)},
              {"differences", differences_json(state)},
              {"claim", claim_json(study, judgement)}};
  Json arms = Json::array();
  for (size_t i = 0; i < study.arms.size(); ++i) arms.push_back(arm_json(state, judgement, i));
  report["arms"] = std::move(arms);
  report["comparisons"] = comparisons_json(judgement, study.baseline);
  report["tuning"] = tuning_points_json(state);
  report["curves"] = curves_json(study, judgement);
  report["heat_map"] = heat_map_json(study, judgement);
  report["profile"] = profile_json(state, judgement);
  report["measures"] = measures_json(study, judgement);
  report["trials"] = trials_json(state);
  report["study"] = study.resolved;
  const Machine machine = this_machine();
  report["environment"] = {{"cpu", machine.cpu},         {"cores", machine.cores},
                           {"threads", machine.threads}, {"features", machine.features},
                           {"mode", state.mode},         {"build", build_description()}};
  report["data_card"] = state.card;
  return report;
}

}  // namespace norma
