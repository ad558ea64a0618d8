#include "apps/trainer/training.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/data_registry.h"

namespace norma {

bool StepReport::finite() const { return std::isfinite(loss) && std::isfinite(grad_norm); }

std::optional<int64_t> integer_option(const Spec& spec, const char* name) {
  const auto found = spec.options->find(name);
  if (found == spec.options->end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

namespace {

// What a pass over some samples adds up to, summed over the ranks.
struct Totals {
  double loss = 0, weight = 0, correct = 0;
  std::vector<Figure> figures;
  void add(const LossResult& result, const Context& ctx) {
    loss += result.total;
    weight += result.weight;
    correct += static_cast<double>(result.correct);
    for (const Figure& figure : ctx.figures()) {
      // A term of the loss weighs as much as in the gradient: by the targets beside it.
      const double share = ctx.is_loss_term(figure.name) ? result.weight / figure.weight : 1;
      add_figure(figures, {figure.name, share * figure.sum, share * figure.weight});
    }
  }
  // The names of a forward's figures alone.
  void add_names(const Context& ctx) {
    for (const Figure& figure : ctx.figures()) add_figure(figures, {figure.name, 0, 0});
  }
  // All ranks run the same layers, so their figures stand in the same order.
  void all_reduce(Comm& comm) {
    std::vector<double> sums{loss, weight, correct};
    for (const Figure& figure : figures) sums.insert(sums.end(), {figure.sum, figure.weight});
    comm.all_reduce(std::span(sums));
    loss = sums[0], weight = sums[1], correct = sums[2];
    for (size_t i = 0; i < figures.size(); ++i)
      figures[i].sum = sums[3 + 2 * i], figures[i].weight = sums[4 + 2 * i];
  }
};

void all_reduce(Comm& comm, const Tensor& sums) {
  with_float_type(sums.dtype(), [&]<class T>() {
    comm.all_reduce(std::span(sums.data<T>(), static_cast<size_t>(sums.numel())));
  });
}

}  // namespace

ModelInput input_for(const DataInfo& info) {
  return {.vocab = info.vocab,
          .next_token = info.next_token,
          .answer = info.answer,
          .height = info.height,
          .width = info.width,
          .channels = info.channels,
          .features = info.features,
          .outputs = info.kind == InputKind::kTokens ? info.vocab : info.classes};
}

std::shared_ptr<const Dataset> load_data(const RunConfig& config) {
  return load_dataset(config.data,
                      {.context = integer_option(config.model, "context").value_or(0)});
}

Training::Training(const RunConfig& config, Comm& comm, std::shared_ptr<const Dataset> data)
    : config_(config),
      comm_(comm),
      data_(data ? std::move(data) : load_data(config)),
      params_(config.train.dtype(), static_cast<uint64_t>(config.train.seed)) {
  if (micro_batch() % comm_.size() != 0)
    throw Error("train.batch / train.accumulate is " + std::to_string(micro_batch()) + ", which " +
                std::to_string(comm_.size()) + " processes cannot share equally");
  if (config.train.patience && data_->size(Split::kValidation) == 0)
    throw Error("train.patience waits for a better validation loss, but " + config.data.type +
                " has no validation split");
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
  ctx_.operands = config.train.operands();
  ctx_.recompute = config.train.recomputed();
  ctx_.seed = seed;
  ctx_.comm = &comm_;
  ctx_.loss_gradient_is_one = true;  // as `differentiate` has it
}

std::vector<std::string> Training::warnings() const {
  std::vector<std::string> all = model_warnings(config_.model);
  if (clip_)
    if (std::string sentence = clip_->warning(params_); !sentence.empty())
      all.push_back(std::move(sentence));
  return all;
}

void Training::begin_forward(const Batch& batch, int64_t first_sample) {
  ctx_.begin_forward(first_sample);
  ctx_.mask = batch.mask;
  ctx_.target = batch.target;
}

LossResult Training::forward(const Batch& batch, int64_t first_sample) {
  begin_forward(batch, first_sample);
  Logits logits = logits_of(*model_, ctx_, Var{batch.input});
  const PathScope here(ctx_, kLossPath);
  return loss_->of(ctx_, std::move(logits));
}

void Training::differentiate(const LossResult& result) {
  if (!result.sum.needs_grad()) return;
  for (const LossTerm& term : ctx_.loss_terms())
    if (term.mean.needs_grad())
      tape_.seed(term.mean,
                 Tensor::full({1}, term.mean.value.dtype(), term.coefficient * result.weight));
  tape_.backward(result.sum);
}

StepReport Training::step() {
  const TrainOptions& train = config_.train;
  StepReport report{.step = steps_ + 1, .classifies = loss_->classifies()};
  ctx_.tape = &tape_;
  ctx_.training = true;
  ctx_.step = steps_;
  params_.renew_grads();
  keep_buffers();
  Totals totals;
  const int64_t micro = micro_batch(), share = micro / comm_.size();
  for (int64_t part = 0; part < train.accumulate; ++part) {
    const int64_t first = steps_ * train.batch + part * micro + comm_.rank() * share;
    loader_->training(static_cast<uint64_t>(first), share, batch_);
    const LossResult result = forward(batch_, first);
    differentiate(result);
    totals.add(result, ctx_);
    report.samples += batch_.samples * comm_.size();
    report.tokens += batch_.tokens * comm_.size();
  }
  params_.clear_old_grads();
  all_reduce(comm_, params_.grads());
  totals.all_reduce(comm_);
  const double scale = totals.weight > 0 ? 1 / totals.weight : 0;
  report.loss = totals.loss * scale;
  report.accuracy = totals.correct * scale;
  report.figures = std::move(totals.figures);
  report.grad_norm = grad_norm(params_, scale);
  report.lr = base_lr(config_.optim) * schedule_->factor(report.step, train.steps);
  if (!report.finite()) {
    restore_buffers();
    return report;
  }
  if (clip_) report.clipped = clip_->apply(params_, scale, report.grad_norm);
  report.grad_scale = scale * report.clipped.factor;
  optimizer_->step(params_, {.lr = report.lr, .grad_scale = report.grad_scale});
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
  exchange_average();
  EvalReport report{.classifies = loss_->classifies()};
  Totals totals;
  const int64_t micro = micro_batch();
  for (int64_t first = comm_.rank() * micro; first < samples; first += comm_.size() * micro) {
    loader_->evaluation(split, first, std::min(micro, samples - first), batch_);
    totals.add(forward(batch_, first), ctx_);
    if (!judge()) continue;
    for (const Figure& figure : ctx_.figures()) add_figure(totals.figures, figure);
  }
  // A rank without a batch still names what the others measured.
  if (comm_.rank() * micro >= samples) {
    loader_->evaluation(split, 0, 1, batch_);
    forward(batch_, 0);
    totals.add_names(ctx_);
    if (judge()) totals.add_names(ctx_);
  }
  exchange_average();
  totals.all_reduce(comm_);
  report.weight = totals.weight;
  report.loss = totals.loss / totals.weight;
  report.accuracy = totals.correct / totals.weight;
  report.figures = std::move(totals.figures);
  return report;
}

// Has a model that can do so answer the batch by itself; says whether the context has its figure.
bool Training::judge() {
  Answering* const answering = dynamic_cast<Answering*>(model_.get());
  if (answering) answering->judge(ctx_, Var{batch_.input});
  return answering;
}

void Training::infer_one() {
  ctx_.tape = nullptr;
  ctx_.training = false;
  const Split split = data_->size(Split::kTest) > 0         ? Split::kTest
                      : data_->size(Split::kValidation) > 0 ? Split::kValidation
                                                            : Split::kTrain;
  loader_->evaluation(split, 0, 1, batch_);
  begin_forward(batch_, 0);
  (*model_)(ctx_, Var{batch_.input});
}

std::optional<PopulationStatistics::Change> Training::reestimate_statistics() {
  const TrainOptions& train = config_.train;
  if (train.precise_batches == 0) return std::nullopt;
  PopulationStatistics population;
  ctx_.tape = nullptr;
  ctx_.training = false;
  ctx_.population = &population;
  exchange_average();
  const int64_t micro = micro_batch(), share = micro / comm_.size();
  for (int64_t first = 0; first < train.precise_batches * train.batch; first += micro) {
    const int64_t mine = first + comm_.rank() * share;
    loader_->training(static_cast<uint64_t>(mine), share, batch_);
    forward(batch_, mine);
  }
  exchange_average();
  ctx_.population = nullptr;
  return population.store(comm_);
}

void Training::keep_buffers() {
  const auto& buffers = params_.buffers();
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (i == kept_buffers_.size()) kept_buffers_.push_back(buffers[i].value.clone());
    kept_buffers_[i].copy_from(buffers[i].value);
  }
}

void Training::restore_buffers() {
  for (size_t i = 0; i < kept_buffers_.size(); ++i)
    params_.buffers()[i].value.copy_from(kept_buffers_[i]);
}

namespace {

// The number that `differentiate` takes the gradient of.
double differentiated(const LossResult& result, const Context& ctx) {
  double sum = result.total;
  for (const LossTerm& term : ctx.loss_terms())
    sum += term.coefficient * result.weight * term.mean.value.item(0);
  return sum;
}

}  // namespace

Rehearsed Training::rehearse(const Rehearsal& rehearsal) {
  ctx_.tape = rehearsal.backward ? &tape_ : nullptr;
  ctx_.training = rehearsal.training;
  ctx_.step = steps_;
  const Scoped replaying(ctx_.replaying, true);
  const Scoped alone(ctx_.comm, &single_process());
  keep_buffers();  // a backward may have state too
  const Scoped seen(ctx_.observer, rehearsal.observer);
  const Scoped seen_backwards(tape_.observer, rehearsal.observer);
  Rehearsed sums;
  params_.zero_grad();
  for (int64_t part = 0; part < rehearsal.micro_batches; ++part) {
    const int64_t first = steps_ * config_.train.batch + part * micro_batch();
    loader_->training(static_cast<uint64_t>(first), micro_batch(), batch_);
    const LossResult result = forward(batch_, first);
    sums.flops += ctx_.flops();
    sums.targets += result.weight;
    sums.loss += differentiated(result, ctx_);
    if (rehearsal.backward) differentiate(result);
  }
  if (rehearsal.read) rehearsal.read(sums.targets);
  params_.zero_grad();
  restore_buffers();
  sums.loss /= sums.targets;
  return sums;
}

}  // namespace norma
