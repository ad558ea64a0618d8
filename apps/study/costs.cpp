#include "apps/study/costs.h"

#include <algorithm>
#include <cmath>

#include "apps/study/worker.h"

namespace norma {
namespace {

constexpr int kTurns = 7;
constexpr double kMillisecondsATurn = 250;  // of one arm

double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const double at = p * static_cast<double>(values.size() - 1);
  const size_t below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double median_of(const Json& times) { return quantile(times.get<std::vector<double>>(), 0.5); }

// One arm being measured.
struct Measured {
  std::unique_ptr<Worker> worker;
  int64_t steps = 1;                 // a turn
  std::vector<double> train, infer;  // the median of each turn
};

Measured prepared(const Study& study, const Plan& plan, const Arm& arm, const std::string& program,
                  int threads) {
  Measured made{std::make_unique<Worker>(program, threads), 1, {}, {}};
  const Point& point = plan.chosen.at(arm.name).point;
  made.worker->ask(
      {{"prepare",
        with_settings(arm.config, settings_of(study.tuning.options_of(arm.name), point))}});
  const double once = median_of(made.worker->ask({{"train_steps", 3}}).at("ms"));
  made.steps = std::clamp<int64_t>(static_cast<int64_t>(kMillisecondsATurn / once), 1, 200);
  return made;
}

}  // namespace

std::map<std::string, Cost> measure_costs(const Study& study, const Plan& plan,
                                          const std::string& program, int threads,
                                          const std::function<void(int, int)>& show) {
  std::map<std::string, Measured> all;
  for (const Arm& arm : study.arms) all[arm.name] = prepared(study, plan, arm, program, threads);
  for (int turn = 0; turn < kTurns; ++turn) {
    show(turn + 1, kTurns);
    for (auto& [name, each] : all) {
      each.train.push_back(median_of(each.worker->ask({{"train_steps", each.steps}}).at("ms")));
      each.infer.push_back(median_of(each.worker->ask({{"infer", each.steps}}).at("ms")));
    }
  }
  const std::vector<double>& baseline = all.at(study.baseline).train;
  std::map<std::string, Cost> costs;
  for (auto& [name, each] : all) {
    std::vector<double> ratios;
    for (int turn = 0; turn < kTurns; ++turn)
      ratios.push_back(each.train[static_cast<size_t>(turn)] / baseline[static_cast<size_t>(turn)]);
    costs[name] = {quantile(each.train, 0.5),
                   quantile(each.train, 0.25),
                   quantile(each.train, 0.75),
                   quantile(ratios, 0.5),
                   each.worker->ask({{"memory", true}}).at("peak_bytes").get<int64_t>(),
                   quantile(each.infer, 0.5)};
  }
  return costs;
}

Json costs_json(const std::map<std::string, Cost>& costs) {
  Json json = Json::object();
  for (const auto& [arm, cost] : costs)
    json[arm] = {{"ms_per_step", cost.ms_per_step},
                 {"low", cost.low},
                 {"high", cost.high},
                 {"relative", cost.relative},
                 {"peak_bytes", cost.peak_bytes},
                 {"inference_ms", cost.inference_ms}};
  return json;
}

std::map<std::string, Cost> costs_from(const Json& json) {
  std::map<std::string, Cost> costs;
  for (const auto& [arm, each] : json.items())
    costs[arm] = {each.at("ms_per_step").get<double>(), each.at("low").get<double>(),
                  each.at("high").get<double>(),        each.at("relative").get<double>(),
                  each.at("peak_bytes").get<int64_t>(), each.at("inference_ms").get<double>()};
  return costs;
}

}  // namespace norma
