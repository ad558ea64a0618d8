#include "apps/study/trial.h"

#include <cmath>

#include "apps/evaluations/evaluations.h"
#include "apps/gauges/gauges.h"
#include "apps/trainer/training.h"
#include "core/config/writer.h"
#include "core/io/sha256.h"

namespace norma {
namespace {

// Points of the curve of training losses, each the mean over the steps since the last.
constexpr int64_t kCurvePoints = 100;
constexpr int64_t kSurrogateSeeds = 2000000;
constexpr size_t kSurrogatesKept = 16;

Split split_named(const std::string& name) {
  return name == name_of(Split::kTest) ? Split::kTest : Split::kValidation;
}

std::string weights_hash(const Training& training) {
  io::Sha256 hash;
  for (const io::TensorView& each : training.weights())
    hash.update(std::span(each.data, each.bytes));
  return hash.hex();
}

// A training on its way to a result.
class RunningTrial {
 public:
  RunningTrial(Training& training, const Json& order, const TrialRunner::Show& show)
      : training_(training),
        show_(show),
        metric_(*Metric::named(order.at("metric").get<std::string>())),
        split_(split_named(order.at("split").get<std::string>())),
        steps_(training.config().train.steps) {}

  // `surrogate` trains the model whose images attack this one, where one is to.
  Json run(const Json& evaluate, const std::function<Training*()>& surrogate) {
    result_["status"] = "finished";
    result_["reason"] = "";
    if (metric_.needs_training())
      train();
    else
      read_at_initialization();
    result_["parameters"] = training_.params().numel();
    result_["weights_sha256"] = weights_hash(training_);
    if (!evaluate.empty() && result_["status"] == "finished") examine_as(evaluate, surrogate);
    return std::move(result_);
  }

 private:
  void examine_as(const Json& evaluate, const std::function<Training*()>& surrogate) {
    EvaluationOptions options;
    read_config(evaluate, "evaluate", [&](Fields& f) { options.describe(f); });
    Json figures = Json::object();
    for (const auto& [name, value] : examine(training_, options)) figures[name] = value;
    if (Training* other = surrogate())
      for (const double eps : options.pgd.eps)
        figures["transfer_" + format_number(eps) + "/accuracy"] = transfer_accuracy(
            *other, training_, eps, options.pgd, options.split_to_look_at(), options.samples);
    result_["evaluations"] = std::move(figures);
  }

  void read_at_initialization() {
    const std::vector<double> readings = read_gauge(training_, metric_.gauge);
    result_["steps"] = 0;
    result_["readings"] = readings;
    double sum = 0;
    for (const double each : readings) sum += each;
    const double mean = sum / static_cast<double>(readings.size());
    put(mean, mean);
  }

  // The metric of a run, and what it counts: no more than it began with.
  void put(double initial, double metric) {
    const bool diverged = !std::isfinite(metric) || metric > initial;
    result_["initial"] = initial;
    result_["metric"] = std::isfinite(metric) ? Json(metric) : Json();
    result_["score"] = diverged ? initial : metric;
    if (!diverged) return;
    result_["status"] = "diverged";
    if (result_["reason"] == "")
      result_["reason"] = std::isfinite(metric) ? "it ended with more than it began with"
                                                : "what it is judged by was not finite";
  }

  std::optional<EvalReport> evaluate(Split split) {
    const std::optional<EvalReport> report = training_.evaluate(split);
    if (!report)
      throw Error("data " + training_.config().data.type + " has no " + name_of(split) +
                  " split, which this study needs");
    return report;
  }

  void train() {
    const double initial = metric_.of(*evaluate(split_));
    const std::string broken = steps();
    result_["steps"] = training_.steps_done();
    result_["tokens"] = tokens_;
    result_["curve"] = std::move(curve_);
    result_["training"] = std::move(losses_);
    if (!broken.empty()) {
      result_["reason"] = broken;
      return put(initial, std::nan(""));
    }
    const bool changed = training_.reestimate_statistics().has_value();
    const EvalReport report = split_ == Split::kValidation && !changed ? *last_ : *evaluate(split_);
    put(initial, metric_.of(report));
    Json figures{{"loss", report.loss}};
    if (report.classifies) figures["accuracy"] = report.accuracy;
    for (const Figure& figure : report.figures) figures[figure.name] = figure.value();
    result_["figures"] = std::move(figures);
  }

  // Trains to the end; where numbers stop being finite, says when.
  std::string steps() {
    const int64_t window = std::max<int64_t>(1, steps_ / kCurvePoints);
    const int64_t every = training_.config().train.eval_every;
    double sum = 0;
    for (int64_t step = 1; step <= steps_; ++step) {
      const StepReport report = training_.step();
      if (!report.finite())
        return (std::isfinite(report.loss) ? "the gradient" : "the loss") +
               std::string(" was not finite in step ") + std::to_string(step);
      tokens_ += report.tokens > 0 ? report.tokens : report.samples;
      sum += report.loss;
      if (step % window == 0) {
        losses_.push_back(Json::array({step, sum / static_cast<double>(window)}));
        sum = 0;
      }
      if (show_) show_({step, steps_, report.loss});
      if (every > 0 && step % every == 0 && step < steps_) mark(step);
    }
    mark(steps_);
    return "";
  }

  void mark(int64_t step) {
    last_ = evaluate(Split::kValidation);
    const double value = metric_.of(*last_);
    curve_.push_back(Json::array({step, std::isfinite(value) ? Json(value) : Json()}));
  }

  Training& training_;
  const TrialRunner::Show& show_;
  const Metric metric_;
  const Split split_;
  const int64_t steps_;
  int64_t tokens_ = 0;
  std::optional<EvalReport> last_;  // on the validation split
  Json result_ = Json::object(), curve_ = Json::array(), losses_ = Json::array();
};

std::string text_of(const Point& point, const std::vector<Setting>& settings) {
  std::string text;
  for (size_t i = 0; i < point.size(); ++i)
    text += " " + settings[i].path + "=" + format_number(point[i]);
  return text;
}

}  // namespace

const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::kTune:
      return "tune";
    case Phase::kVerdict:
      return "verdict";
    case Phase::kRung:
      break;
  }
  return "rung";
}

Trial make_trial(const Study& study, const std::string& arm, Phase phase, const Point& point,
                 int64_t seed, int64_t rung) {
  Trial trial{arm, phase, seed, point, settings_of(study.tuning.options_of(arm), point), rung, ""};
  trial.id = arm + " " + name_of(phase) + (rung > 0 ? " " + std::to_string(rung) : "") +
             text_of(point, trial.settings) + " seed " + std::to_string(seed);
  return trial;
}

namespace {

// The model whose images attack the others': the baseline, with a seed that no trial has.
Json surrogate_config(const Study& study, const Trial& trial, const Point& point) {
  std::vector<Setting> settings = settings_of(study.tuning.options_of(study.baseline), point);
  settings.push_back({"train.seed", trial.seed + kSurrogateSeeds});
  return with_settings(study.arm(study.baseline).config, settings);
}

}  // namespace

Json order_of(const Study& study, const Trial& trial, const Point& baseline) {
  std::vector<Setting> settings = trial.settings;
  settings.push_back({"train.seed", trial.seed});
  if (trial.rung > 0) settings.push_back({"train.steps", trial.rung});
  const bool final = trial.phase == Phase::kVerdict;
  return Json{
      {"trial", trial.id},
      {"config", with_settings(study.arm(trial.arm).config, settings)},
      {"metric", study.metric.name(Split::kValidation)},
      {"split", name_of(final ? Split::kTest : Split::kValidation)},
      {"evaluate", final ? study.evaluate : Json::object()},
      {"surrogate", final && study.transfer ? surrogate_config(study, trial, baseline) : Json()}};
}

std::shared_ptr<const Dataset> TrialRunner::data_of(const RunConfig& config) {
  const int64_t context = integer_option(config.model, "context").value_or(0);
  const std::string key = json_line(spec_json(config.data)) + " " + std::to_string(context);
  if (!data_ || key != data_key_) {
    data_ = load_data(config);
    data_key_ = key;
  }
  return data_;
}

Training* TrialRunner::surrogate(const Json& order) {
  if (order.is_null()) return nullptr;
  const std::string key = json_line(order);
  if (const auto known = surrogates_.find(key); known != surrogates_.end())
    return known->second.get();
  const RunConfig config = read_run_config(order, "the surrogate", {}, nullptr);
  const auto other = std::make_shared<Training>(config, single_process(), data_of(config));
  while (other->steps_done() < config.train.steps && other->step().finite()) {
  }
  if (surrogates_.size() >= kSurrogatesKept) surrogates_.clear();
  return (surrogates_[key] = other).get();
}

Json TrialRunner::run(const Json& order, const Show& show) {
  Json resolved;
  const RunConfig config = read_run_config(order.at("config"), "the trial", {}, &resolved);
  Training training(config, single_process(), data_of(config));
  Json line{{"trial", order.at("trial")}};
  line.update(RunningTrial(training, order, show).run(order.at("evaluate"), [&] {
    return surrogate(order.at("surrogate"));
  }));
  line["config_sha256"] = io::sha256_of(json_line(resolved));
  return line;
}

}  // namespace norma
