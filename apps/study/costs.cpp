#include "apps/study/costs.h"

#include <algorithm>
#include <cmath>

#include "apps/study/worker.h"

namespace norma {
namespace {

constexpr size_t kTurns = 7;
constexpr double kMillisecondsATurn = 250;  // of one arm
// How much more time or memory than an earlier build is let pass.
constexpr double kTolerated = 1.05;

double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const double at = p * static_cast<double>(values.size() - 1);
  const size_t below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double median_of(const Json& times) { return quantile(times.get<std::vector<double>>(), 0.5); }

// One training being measured.
struct Measured {
  std::unique_ptr<Worker> worker;
  int64_t steps = 1;                 // a turn
  std::vector<double> train, infer;  // the median of each turn
};

Measured prepared(const CostSubject& subject, int threads) {
  Measured made{std::make_unique<Worker>(subject.program, threads), 1, {}, {}};
  made.worker->ask({{"prepare", subject.config}});
  const double once = median_of(made.worker->ask({{"train_steps", 3}}).at("ms"));
  made.steps = std::clamp<int64_t>(static_cast<int64_t>(kMillisecondsATurn / once), 1, 200);
  return made;
}

// The config of an arm with what was tuned for it.
Json tuned_config(const Study& study, const Plan& plan, const Arm& arm) {
  const Point& point = plan.chosen.at(arm.name).point;
  return with_settings(arm.config, settings_of(study.tuning.options_of(arm.name), point));
}

}  // namespace

std::vector<Cost> measure_in_turns(const std::vector<CostSubject>& subjects, size_t reference,
                                   int threads, const std::function<void(int, int)>& show) {
  std::vector<Measured> all;
  for (const CostSubject& each : subjects) all.push_back(prepared(each, threads));
  for (size_t turn = 0; turn < kTurns; ++turn) {
    show(static_cast<int>(turn + 1), static_cast<int>(kTurns));
    for (Measured& each : all) {
      each.train.push_back(median_of(each.worker->ask({{"train_steps", each.steps}}).at("ms")));
      each.infer.push_back(median_of(each.worker->ask({{"infer", each.steps}}).at("ms")));
    }
  }
  std::vector<Cost> costs;
  for (Measured& each : all) {
    std::vector<double> ratios;
    for (size_t turn = 0; turn < kTurns; ++turn)
      ratios.push_back(each.train[turn] / all[reference].train[turn]);
    costs.push_back(
        {.ms_per_step = quantile(each.train, 0.5),
         .low = quantile(each.train, 0.25),
         .high = quantile(each.train, 0.75),
         .relative = quantile(ratios, 0.5),
         .relative_low = quantile(ratios, 0.25),
         .peak_bytes = each.worker->ask({{"memory", true}}).at("peak_bytes").get<int64_t>(),
         .inference_ms = quantile(each.infer, 0.5)});
  }
  return costs;
}

std::map<std::string, Cost> measure_costs(const Study& study, const Plan& plan,
                                          const std::string& program, int threads,
                                          const std::function<void(int, int)>& show) {
  std::vector<CostSubject> subjects;
  size_t baseline = 0;
  for (const Arm& arm : study.arms) {
    if (arm.name == study.baseline) baseline = subjects.size();
    subjects.push_back({program, tuned_config(study, plan, arm)});
  }
  const std::vector<Cost> measured = measure_in_turns(subjects, baseline, threads, show);
  std::map<std::string, Cost> costs;
  for (size_t i = 0; i < measured.size(); ++i) costs[study.arms[i].name] = measured[i];
  return costs;
}

std::map<std::string, CostChange> compare_builds(const Study& study, const Plan& plan,
                                                 const std::string& program,
                                                 const std::string& old_program, int threads) {
  std::map<std::string, CostChange> changes;
  for (const Arm& arm : study.arms) {
    const Json config = tuned_config(study, plan, arm);
    const std::vector<Cost> both =
        measure_in_turns({{old_program, config}, {program, config}}, 0, threads, [](int, int) {});
    CostChange& change = changes[arm.name];
    change.time = both[1].relative;
    change.memory =
        static_cast<double>(both[1].peak_bytes) / static_cast<double>(both[0].peak_bytes);
    change.slower = both[1].relative_low > kTolerated;
    change.larger = change.memory > kTolerated;
  }
  return changes;
}

Json costs_json(const std::map<std::string, Cost>& costs) {
  Json json = Json::object();
  for (const auto& [arm, cost] : costs)
    json[arm] = {{"ms_per_step", cost.ms_per_step},
                 {"low", cost.low},
                 {"high", cost.high},
                 {"relative", cost.relative},
                 {"relative_low", cost.relative_low},
                 {"peak_bytes", cost.peak_bytes},
                 {"inference_ms", cost.inference_ms}};
  return json;
}

std::map<std::string, Cost> costs_from(const Json& json) {
  std::map<std::string, Cost> costs;
  for (const auto& [arm, each] : json.items())
    costs[arm] = {each.at("ms_per_step").get<double>(),  each.at("low").get<double>(),
                  each.at("high").get<double>(),         each.at("relative").get<double>(),
                  each.at("relative_low").get<double>(), each.at("peak_bytes").get<int64_t>(),
                  each.at("inference_ms").get<double>()};
  return costs;
}

}  // namespace norma
