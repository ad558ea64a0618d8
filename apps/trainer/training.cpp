#include "apps/trainer/training.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/data_registry.h"
#include "models/model.h"

namespace norma {

bool StepReport::finite() const { return std::isfinite(loss) && std::isfinite(grad_norm); }

std::optional<int64_t> integer_option(const Spec& spec, const char* name) {
  const auto found = spec.options->find(name);
  if (found == spec.options->end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

namespace {

ModelInput input_for(const DataInfo& info) {
  return {.vocab = info.vocab,
          .height = info.height,
          .width = info.width,
          .channels = info.channels,
          .features = info.features,
          .outputs = info.kind == InputKind::kTokens ? info.vocab : info.classes};
}

}  // namespace

Training::Training(const RunConfig& config)
    : config_(config),
      data_(load_dataset(config.data,
                         {.context = integer_option(config.model, "context").value_or(0)})),
      params_(config.train.dtype(), static_cast<uint64_t>(config.train.seed)) {
  const uint64_t seed = static_cast<uint64_t>(config.train.seed);
  loader_ = std::make_unique<Loader>(*data_, seed, params_.dtype());
  model_ = make_model(Scope(params_), config.model, input_for(data_->info()));
  params_.materialize();
  loss_ = make_loss(config.loss);
  if (!config.train.init_from.empty()) load_weights(params_, config.train.init_from);
  optimizer_ = make_optimizer(config.optim, params_);
  schedule_ = make_schedule(config.schedule);
  if (config.clip) clip_ = make_clip(config.clip);
  if (config.train.ema) average_.emplace(params_, *config.train.ema);
  ctx_.dtype = params_.dtype();
  ctx_.seed = seed;
}

LossResult Training::forward(const Batch& batch, int64_t first_sample) {
  ctx_.begin_forward(first_sample);
  ctx_.mask = batch.mask;
  ctx_.target = batch.target;
  const Var output = (*model_)(ctx_, Var{batch.input});
  const PathScope here(ctx_, kLossPath);
  return (*loss_)(ctx_, output);
}

StepReport Training::step() {
  const TrainOptions& train = config_.train;
  StepReport report{.step = steps_ + 1, .classifies = loss_->classifies()};
  ctx_.tape = &tape_;
  ctx_.training = true;
  ctx_.step = steps_;
  params_.zero_grad();
  double weight = 0, correct = 0;
  const int64_t micro = train.batch / train.accumulate;
  for (int64_t part = 0; part < train.accumulate; ++part) {
    const int64_t first = steps_ * train.batch + part * micro;
    loader_->training(static_cast<uint64_t>(first), micro, batch_);
    const LossResult result = forward(batch_, first);
    if (result.sum.needs_grad()) tape_.backward(result.sum);
    report.loss += result.total;
    weight += result.weight;
    correct += static_cast<double>(result.correct);
    report.samples += batch_.samples;
    report.tokens += batch_.tokens;
  }
  const double scale = weight > 0 ? 1 / weight : 0;
  report.loss *= scale;
  report.accuracy = correct * scale;
  report.grad_norm = grad_norm(params_, scale);
  report.lr = base_lr(config_.optim) * schedule_->factor(report.step, train.steps);
  if (!report.finite()) return report;
  if (clip_) report.clipped = clip_->apply(params_, scale, report.grad_norm);
  optimizer_->step(params_, {.lr = report.lr, .grad_scale = scale * report.clipped.factor});
  ++steps_;
  if (average_) average_->update(params_, steps_);
  return report;
}

std::optional<EvalReport> Training::evaluate(Split split) {
  int64_t samples = data_->size(split);
  if (config_.train.eval_samples) samples = std::min(samples, *config_.train.eval_samples);
  if (samples == 0) return std::nullopt;
  ctx_.tape = nullptr;
  ctx_.training = false;
  if (average_) average_->swap(params_);
  EvalReport report{.classifies = loss_->classifies()};
  double correct = 0;
  const int64_t micro = config_.train.batch / config_.train.accumulate;
  for (int64_t first = 0; first < samples; first += micro) {
    loader_->evaluation(split, first, std::min(micro, samples - first), batch_);
    const LossResult result = forward(batch_, first);
    report.loss += result.total;
    report.weight += result.weight;
    correct += static_cast<double>(result.correct);
  }
  if (average_) average_->swap(params_);
  report.loss /= report.weight;
  report.accuracy = correct / report.weight;
  return report;
}

double Training::rehearse(TapeObserver& observer) {
  ctx_.tape = &tape_;
  ctx_.training = true;
  ctx_.step = steps_;
  ctx_.replaying = true;
  ctx_.observer = tape_.observer = &observer;
  const int64_t first = steps_ * config_.train.batch;
  loader_->training(static_cast<uint64_t>(first), config_.train.batch / config_.train.accumulate,
                    batch_);
  params_.zero_grad();
  const LossResult result = forward(batch_, first);
  const double flops = ctx_.flops();
  if (result.sum.needs_grad()) tape_.backward(result.sum);
  params_.zero_grad();
  ctx_.observer = tape_.observer = nullptr;
  ctx_.replaying = false;
  return flops;
}

}  // namespace norma
