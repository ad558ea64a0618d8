#include "apps/study/costs.h"

#include <algorithm>
#include <cmath>

#include "apps/statistics/descriptive.h"
#include "apps/study/worker.h"

namespace norma {
namespace {

constexpr size_t kTurns = 7;
constexpr double kMillisecondsATurn = 250;  // of one arm
// How much more time or memory than an earlier build is let pass.
constexpr double kTolerated = 1.05;

double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return sample_quantile(values, p);
}

double median_of(const Json& times) { return quantile(times.get<std::vector<double>>(), 0.5); }

// One training being measured.
class Measured {
 public:
  Measured(const CostSubject& subject, int threads)
      : worker_(std::make_unique<Worker>(subject.program, threads)) {
    attempt([&] {
      worker_->ask({{"prepare", subject.config}});
      const double once = median_of(worker_->ask({{"train_steps", 3}}).at("ms"));
      steps_ = std::clamp<int64_t>(static_cast<int64_t>(kMillisecondsATurn / once), 1, 200);
    });
  }

  void take_turn() {
    attempt([&] {
      train_.push_back(median_of(worker_->ask({{"train_steps", steps_}}).at("ms")));
      infer_.push_back(median_of(worker_->ask({{"infer", steps_}}).at("ms")));
    });
  }

  // Ratios are to `reference`, where that could be measured.
  Cost cost(const Measured& reference) {
    Cost cost;
    attempt([&] {
      cost.peak_bytes = worker_->ask({{"memory", true}}).at("peak_bytes").get<int64_t>();
    });
    cost.problem = problem_;
    if (!problem_.empty()) return cost;
    cost.ms_per_step = quantile(train_, 0.5);
    cost.low = quantile(train_, 0.25);
    cost.high = quantile(train_, 0.75);
    cost.inference_ms = quantile(infer_, 0.5);
    if (!reference.problem_.empty()) return cost;
    std::vector<double> ratios;
    for (size_t turn = 0; turn < kTurns; ++turn)
      ratios.push_back(train_[turn] / reference.train_[turn]);
    cost.relative = quantile(ratios, 0.5);
    cost.relative_low = quantile(ratios, 0.25);
    return cost;
  }

 private:
  // What cannot be measured is no reason to lose the others.
  template <class Work>
  void attempt(Work&& work) {
    if (!problem_.empty()) return;
    try {
      work();
    } catch (const std::runtime_error& error) {
      problem_ = error.what();
    }
  }

  std::unique_ptr<Worker> worker_;
  int64_t steps_ = 1;                  // a turn
  std::vector<double> train_, infer_;  // the median of each turn
  std::string problem_;
};

// The config of an arm with what was tuned for it.
Json tuned_config(const Study& study, const Plan& plan, const Arm& arm) {
  const Point& point = plan.chosen.at(arm.name).point;
  return with_settings(arm.config, settings_of(study.tuning.options_of(arm.name), point));
}

}  // namespace

std::vector<Cost> measure_in_turns(const std::vector<CostSubject>& subjects, size_t reference,
                                   int threads, const std::function<void(int, int)>& show) {
  std::vector<Measured> all;
  for (const CostSubject& each : subjects) all.emplace_back(each, threads);
  for (size_t turn = 0; turn < kTurns; ++turn) {
    show(static_cast<int>(turn + 1), static_cast<int>(kTurns));
    for (Measured& each : all) each.take_turn();
  }
  std::vector<Cost> costs;
  for (Measured& each : all) costs.push_back(each.cost(all[reference]));
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
    change.problem = both[0].problem.empty() ? both[1].problem : both[0].problem;
    if (!change.problem.empty()) continue;
    change.time = *both[1].relative;
    change.memory =
        static_cast<double>(both[1].peak_bytes) / static_cast<double>(both[0].peak_bytes);
    change.slower = both[1].relative_low > kTolerated;
    change.larger = change.memory > kTolerated;
  }
  return changes;
}

Json costs_json(const std::map<std::string, Cost>& costs) {
  Json json = Json::object();
  for (const auto& [arm, cost] : costs) {
    if (cost.problem.empty())
      json[arm] = {{"ms_per_step", cost.ms_per_step},
                   {"low", cost.low},
                   {"high", cost.high},
                   {"relative", cost.relative ? Json(*cost.relative) : Json()},
                   {"peak_bytes", cost.peak_bytes},
                   {"inference_ms", cost.inference_ms}};
    else
      json[arm] = {{"problem", cost.problem}};
  }
  return json;
}

std::map<std::string, Cost> costs_from(const Json& json) {
  std::map<std::string, Cost> costs;
  for (const auto& [arm, each] : json.items()) {
    Cost& cost = costs[arm];
    if (each.contains("problem")) {
      cost.problem = each["problem"].get<std::string>();
      continue;
    }
    cost.ms_per_step = each.at("ms_per_step").get<double>();
    cost.low = each.at("low").get<double>();
    cost.high = each.at("high").get<double>();
    if (each.at("relative").is_number()) cost.relative = each["relative"].get<double>();
    cost.peak_bytes = each.at("peak_bytes").get<int64_t>();
    cost.inference_ms = each.at("inference_ms").get<double>();
  }
  return costs;
}

}  // namespace norma
