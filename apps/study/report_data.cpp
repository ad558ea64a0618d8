#include "apps/study/report_data.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "apps/common/machine.h"
#include "apps/statistics/descriptive.h"
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

// Of runs that diverged the rate with its interval; of the others that did not train, their count.
void put_endings(Json& json, const ArmRuns& runs, double confidence) {
  Json endings = Json::array();
  for (const Json* result : runs.results) endings.push_back(name_of(ending_of(*result)));
  json["endings"] = std::move(endings);
  const Proportion share = clopper_pearson(runs.ended(Ending::kDiverged),
                                           static_cast<int>(runs.results.size()), confidence);
  json["divergence"] = {{"count", share.count},
                        {"of", share.of},
                        {"low", share.interval.low},
                        {"high", share.interval.high}};
  json["no_better"] = runs.ended(Ending::kNoBetter);
  json["failed"] = runs.ended(Ending::kFailed);
}

// Evaluations of an arm by name: mean, interval, values; and of how many runs, for those that
// diverged were not examined.
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
  for (const auto& [name, values] : figures) {
    json[name] = mean_json(values, confidence);
    json[name]["runs"] = runs.results.size();
  }
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

void put_runs(Json& json, const StudyState& state, const Judgement& judgement,
              const ArmRuns& runs) {
  const Study& study = state.study;
  json["seeds"] = study.verdict_seeds();
  put_endings(json, runs, study.confidence);
  if (runs.all_failed()) return;
  json.update(mean_json(runs.scores.scores, study.confidence));
  json["evaluations"] = evaluations_json(runs, study.confidence);
  if (const auto rank = judgement.ranks.find(runs.scores.arm); rank != judgement.ranks.end())
    json["rank"] = {{"best", rank->second.best}, {"worst", rank->second.worst}};
  put_target(json, state, runs);
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
  for (const ArmRuns& runs : judgement.runs)
    if (runs.scores.arm == arm.name) put_runs(json, state, judgement, runs);
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
    if (runs.scores.arm == baseline) mean = mean_of(runs.scores.scores);
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
                       const std::string& baseline, bool allowed) {
    all.push_back({{"arm", arm},
                   {"what", what},
                   {"here", here},
                   {"baseline", baseline},
                   {"allowed", allowed}});
  };
  if (state.facts.size() == state.study.arms.size())
    for (const Difference& each : differences(state.study, state.facts))
      add(each.arm, each.what, each.here, each.baseline, !each.refused);
  const auto baseline = state.plan.chosen.find(state.study.baseline);
  if (baseline == state.plan.chosen.end()) return all;
  for (const Arm& arm : state.study.arms)
    if (const auto choice = state.plan.chosen.find(arm.name);
        choice != state.plan.chosen.end() && choice->second.trials != baseline->second.trials)
      add(arm.name, "tuning trials (the grid grew at an edge)",
          std::to_string(choice->second.trials), std::to_string(baseline->second.trials), true);
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
  json["mean"] = mean_of(values);
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
                {"reading", !study.metric.needs_training()},
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
  report["rungs"] = rungs_json(state);
  report["curves"] = curves_json(study, judgement);
  report["heat_map"] = heat_map_json(study, judgement);
  report["profile"] = profile_json(state, judgement);
  report["measures"] = measures_json(state, judgement);
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
