#include "apps/evaluations/examination.h"

namespace norma {

Examination::Examination(Training& training)
    : training_(training), loss_(make_loss(training.config().loss)) {
  ignored_ = integer_option(config().loss, "ignore_index").value_or(kIgnored);
  ctx_.dtype = training.params().dtype();
  ctx_.operands = config().train.operands();
  ctx_.seed = static_cast<uint64_t>(config().train.seed);
  ctx_.step = training.steps_done();
  ctx_.replaying = true;
  training.exchange_average();
}

Examination::~Examination() {
  training_.exchange_average();
  training_.params().zero_grad();
}

void Examination::begin(const Batch& batch, int64_t first_sample, Tape* tape) {
  ctx_.tape = tape;
  ctx_.begin_forward(first_sample);
  ctx_.mask = batch.mask;
  ctx_.target = batch.target;
}

LossResult Examination::judge(const Batch& batch, int64_t first_sample) {
  begin(batch, first_sample, nullptr);
  Logits logits = logits_of(training_.model(), ctx_, Var{batch.input});
  const PathScope here(ctx_, Training::kLossPath);
  return loss_->of(ctx_, std::move(logits));
}

LossResult Examination::judge(const Batch& batch, int64_t first_sample,
                              std::vector<RowScore>& rows) {
  begin(batch, first_sample, nullptr);
  const Var logits = training_.model()(ctx_, Var{batch.input});
  rows = rows_of(logits.value, batch);
  const PathScope here(ctx_, Training::kLossPath);
  return (*loss_)(ctx_, logits);
}

std::vector<RowScore> Examination::rows(const Batch& batch, int64_t first_sample) {
  begin(batch, first_sample, nullptr);
  return rows_of(training_.model()(ctx_, Var{batch.input}).value, batch);
}

Tensor Examination::input_gradient(const Batch& batch, int64_t first_sample,
                                   std::vector<RowScore>& rows) {
  begin(batch, first_sample, &tape_);
  const Var input = tape_.leaf(batch.input);
  const Var logits = training_.model()(ctx_, input);
  rows = rows_of(logits.value, batch);
  const LossResult loss = cross_entropy(ctx_, logits, batch.target, 0, ignored_);
  if (!loss.sum.needs_grad()) return {};
  tape_.backward(loss.sum);
  return tape_.grad(input);
}

std::vector<RowScore> Examination::rows_of(const Tensor& logits, const Batch& batch) const {
  return row_scores(logits, batch.target, ignored_);
}

}  // namespace norma
