#include "apps/gauges/probe/probe.h"

#include <utility>

#include "apps/gauges/probe/presets.h"
#include "apps/gauges/probe/watcher.h"
#include "core/kernels/dot.h"

namespace norma {
namespace {

ParamSight sight_of(const Param& param, double scale) {
  ParamSight seen{.param = &param};
  with_float_type(param.value.dtype(), [&]<class T>() {
    const T *const w = param.value.data<T>(), *const g = param.grad.data<T>();
    const int64_t n = param.numel();
    seen.weight_weight = kernels::dot(w, w, n);
    seen.grad_grad = kernels::dot(g, g, n) * scale * scale;
    seen.weight_grad = kernels::dot(w, g, n) * scale;
  });
  return seen;
}

// What is seen around the weights, or why nothing is: where numbers are no longer finite, the rest
// of a record says where that began.
Json landscape_of(Training& training, const LandscapeOptions& options) {
  try {
    return landscape_json(survey(training, options));
  } catch (const Error& error) {
    return {{"mode", options.mode}, {"refused", error.what()}};
  }
}

}  // namespace

Probe::Probe(const ProbeOptions& options, std::optional<LandscapeOptions> landscape)
    : names_(asked_gauges(options)),
      period_(asked_period(options)),
      batches_(options.batches),
      landscape_(std::move(landscape)) {
  for (const std::string& name : names_) gauge_registry().at(name);
}

void Probe::measure(Training& training) {
  count_probe_code();
  sight_ = Sight();
  sight_.training = &training;
  gauges_.clear();
  TensorSight::Parts parts;
  std::vector<TapeObserver*> observers;
  for (const std::string& name : names_) {
    gauges_.push_back(make_probe_gauge(name));
    gauges_.back()->prepare(parts);
    if (TapeObserver* const observer = gauges_.back()->observer()) observers.push_back(observer);
  }
  const bool watches_norms = NormWatcher::wanted_by(observers);
  const std::unique_ptr<Watcher> watcher =
      watches_norms ? std::make_unique<NormWatcher>(sight_, parts, std::move(observers))
                    : std::make_unique<Watcher>(sight_, parts, std::move(observers));
  training.rehearse(watcher.get(), batches_ * training.config().train.accumulate,
                    [&](double targets) { read(training, targets); });
  for (const auto& gauge : gauges_) gauge->look_further(training, *record_);
  if (landscape_) record_->json()["landscape"] = landscape_of(training, *landscape_);
}

void Probe::read(Training& training, double targets) {
  sight_.targets = targets;
  const double scale = sight_.grad_scale();
  for (ModuleSight& module : sight_.modules) module.backward.scale_by(scale);
  for (const Param& param : training.params().params())
    sight_.params.push_back(sight_of(param, scale));
  record_.emplace(training.steps_done(), batches_, sight_);
  for (const auto& gauge : gauges_) gauge->read(sight_, *record_);
  record_->order_norms();
}

Json Probe::look(Training& training) {
  measure(training);
  return std::move(record_->json());
}

void Probe::before_step(Training& training) {
  measure(training);
  weights_before_ = training.params().values().clone();
}

Json Probe::after_step(Training& training, const StepReport& report) {
  count_probe_code();
  const Tensor before = std::exchange(weights_before_, Tensor());
  if (!report.finite()) return std::move(record_->json());
  const Tensor& after = training.params().values();
  for (ParamSight& seen : sight_.params)
    with_float_type(after.dtype(), [&]<class T>() {
      const int64_t first = seen.param->offset;
      const kernels::StepDots dots = kernels::step_dots(
          before.data<T>() + first, after.data<T>() + first, seen.param->numel());
      seen.step_step = dots.step_step;
      seen.step_weight = dots.step_before;
    });
  sight_.step = &report;
  for (const auto& gauge : gauges_) gauge->read_step(sight_, *record_);
  record_->json()["lr"] = report.lr;
  sight_.step = nullptr;
  return std::move(record_->json());
}

}  // namespace norma
