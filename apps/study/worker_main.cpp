#include <chrono>
#include <iostream>
#include <memory>

#include "apps/study/guard.h"
#include "apps/study/trial.h"
#include "apps/study/worker.h"
#include "core/pool.h"
#include "data/data_card.h"

namespace norma {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void answer(const Json& line) { std::cout << json_line(line) << std::endl; }

// A training that is kept from order to order, to be timed.
class Subject {
 public:
  // {"prepare": config}: builds the training and takes the first steps, which allocate.
  Json prepare(const Json& config) {
    training_.reset();
    training_ = std::make_unique<Training>(read_run_config(config, "the trial", {}, nullptr));
    for (int i = 0; i < 3; ++i) training_->step();
    return {{"ready", training_->params().numel()}};
  }

  // {"train_for": seconds}: as many steps as fit.
  Json train_for(double seconds) {
    const auto start = Clock::now();
    int64_t steps = 0;
    double gone = 0;
    do {
      training_->step();
      ++steps;
      gone = seconds_since(start);
    } while (gone < seconds);
    return {{"steps", steps}, {"seconds", gone}};
  }

  // {"train_steps": n}: milliseconds of each.
  Json train_steps(int64_t count) {
    return timed(count, [&] { training_->step(); });
  }

  // {"infer": n}: milliseconds of the forward of one sample, each time.
  Json infer(int64_t count) {
    return timed(count, [&] { training_->infer_one(); });
  }

  // {"memory": true}: most bytes of tensors at one time.
  static Json memory() { return {{"peak_bytes", pool_statistics().peak_in_use}}; }

 private:
  template <class Work>
  static Json timed(int64_t count, Work&& work) {
    Json times = Json::array();
    for (int64_t i = 0; i < count; ++i) {
      const auto start = Clock::now();
      work();
      times.push_back(1e3 * seconds_since(start));
    }
    return {{"ms", std::move(times)}};
  }

  std::unique_ptr<Training> training_;
};

// Tells how far a trial is, ten times a second at most.
class Teller {
 public:
  void operator()(const TrialProgress& progress) {
    if (seconds_since(last_) < 0.1 && progress.step < progress.steps) return;
    last_ = Clock::now();
    answer({{"step", progress.step}, {"steps", progress.steps}, {"loss", progress.loss}});
  }

 private:
  Clock::time_point last_ = Clock::now();
};

Json carry_out(const Json& order, TrialRunner& runner, Subject& subject) {
  if (order.contains("trial")) {
    Teller teller;
    return {{"result", runner.run(order, [&](const TrialProgress& p) { teller(p); })}};
  }
  if (order.contains("prepare")) return subject.prepare(order["prepare"]);
  if (order.contains("train_for")) return subject.train_for(order["train_for"].get<double>());
  if (order.contains("train_steps"))
    return subject.train_steps(order["train_steps"].get<int64_t>());
  if (order.contains("infer")) return subject.infer(order["infer"].get<int64_t>());
  if (order.contains("memory")) return Subject::memory();
  if (order.contains("facts"))
    return {{"facts", facts_json(facts_of(order["facts"], order.at("evaluate"),
                                          order.at("needs_splits").get<bool>()))}};
  if (order.contains("card"))
    return {
        {"card", load_data(read_run_config(order["card"], "the arm", {}, nullptr))->card().json()}};
  throw Error("an order that this program does not know: " + json_line(order));
}

}  // namespace

int serve_orders() {
  TrialRunner runner;
  Subject subject;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      answer(carry_out(parse_json(line, "an order"), runner, subject));
    } catch (const std::bad_alloc&) {
      answer({{"error", "out of memory"}});
    } catch (const Error& error) {
      answer({{"error", error.what()}, {"mistake", true}});
    } catch (const std::exception& error) {
      answer({{"error", error.what()}});
    }
  }
  return 0;
}

}  // namespace norma
