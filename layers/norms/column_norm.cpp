// The column shape on the tape: norms whose statistics run over positions (batch, instance, group),
// with a shortcut and an activation behind the map in the same pass.
#include "layers/norms/column_norm_op.h"

#include "layers/activation.h"

namespace norma {

Var Norm::forward(Context& ctx, const Var& x) {
  if (definition_.domain.per_row())
    return on_stream(ctx, Stream{.base = x, .branch = {}, .drop = {}}).second;
  return with_activation(ctx, x, nullptr, Activation::kIdentity);
}

Comm* Norm::shared_with(const Context& ctx) const {
  const bool together = definition_.domain.over_ranks && (ctx.training || ctx.population);
  return together && ctx.comm->size() > 1 ? ctx.comm : nullptr;
}

BatchCut Norm::cut_for(const Context& ctx, const Shape& shape) const {
  const Domain& domain = definition_.domain;
  const Nsc nsc = nsc_of(shape);
  if (ctx.training && domain.splits > 1 && nsc.n % domain.splits != 0)
    throw Error(place() + std::to_string(nsc.n) + " samples cannot be cut into " +
                std::to_string(domain.splits) + " equal splits");
  const BatchCut cut(domain, nsc, !ctx.training);
  const int64_t merged = domain.kind == Domain::Kind::kGroup ? channels_ / domain.groups : 1;
  const bool alone = cut.smallest() * merged == 1;
  if (from_batch(ctx) && alone && !shared_with(ctx) && !definition_.streaming)
    throw Error(place() + "with the input " + shape.str() +
                (domain.ghost > 0 ? " in batches of " + std::to_string(domain.ghost) : "") +
                " a statistic would be over a single value, so its output would not depend on the "
                "input; a larger batch or more positions are needed in training");
  return cut;
}

void Norm::read_batch(Context& ctx, ColumnNormOp& op) const {
  const Domain& domain = definition_.domain;
  const int64_t domains = domain.kind == Domain::Kind::kGroup ? domain.groups : channels_;
  const Shape cells{op.cut.samples(), domains};
  op.mean = Tensor::empty(cells, DType::kFloat64);
  op.m2 = Tensor::empty(cells, DType::kFloat64);
  op.positions = Tensor::empty({op.cut.samples()}, DType::kFloat64);
  if (definition_.double_kernels.deviation) op.slope = Tensor::empty(cells, DType::kFloat64);
  if (running_mean_ && definition_.table->looks_back()) {
    op.past_mean = running_mean_->value.to(DType::kFloat64);
    op.past_second = running_second_->value.to(DType::kFloat64);
    op.updates = *batches_->value.data<int32_t>();
  }
  if (definition_.traits.detaches) {
    op.held_mean = ctx.held_value();
    op.held_m2 = ctx.held_value();
  }
  op.comm = shared_with(ctx);
}

void Norm::read_running(ColumnNormOp& op) const {
  const int64_t splits = splits_.empty() ? 1 : op.cut.parts();
  op.given_centre = Tensor::empty({splits, channels_}, DType::kFloat64);
  op.given_stats = Tensor::empty({splits, definition_.stats, channels_}, DType::kFloat64);
  for (int64_t i = 0; i < splits; ++i)
    split(i).given(op.given_centre.data<double>() + i * channels_,
                   op.given_stats.data<double>() + i * definition_.stats * channels_);
}

Var Norm::with_activation(Context& ctx, const Var& x, const Var* shortcut, Activation activation) {
  const PathScope here(ctx, path());
  if (definition_.domain.per_row()) {
    Var y = on_stream(ctx, Stream{.base = x, .branch = {}, .drop = {}}).second;
    if (shortcut) y = resolve(ctx, Stream{.base = y, .branch = *shortcut, .drop = {}});
    return activation == Activation::kIdentity ? y : norma::activation(ctx, activation, y);
  }
  check_input(x);
  check_shortcut(x, shortcut);
  ColumnNormOp op;
  op.norm = this;
  op.cut = cut_for(ctx, x.shape());
  op.x = x.value;
  op.mask = mask_for(ctx, x.shape());
  if (from_batch(ctx))
    read_batch(ctx, op);
  else
    read_running(op);
  op.shortcut = shortcut ? shortcut->value : Tensor();
  op.activation = activation;

  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  op.y = y.value;
  if (definition_.streaming && op.mean)
    stream(ctx, op);
  else
    op.forward();
  if (op.mean) keep_statistics(ctx, op);
  const bool offers = ctx.recompute != Recompute::kNone && op.can_remake();
  if (activation != Activation::kRelu || offers) op.y = Tensor();

  const Var* const inputs[] = {&x, shortcut};
  Var* const outputs[] = {&y};
  if (auto* node = ctx.record<ColumnNormOp>(inputs, all_params_, outputs)) {
    *node = std::move(op);
    if (offers) y.origin = node;
  }
  return y;
}

void Norm::keep_statistics(Context& ctx, const ColumnNormOp& op) {
  if (definition_.traits.detaches) {
    ctx.record_held(op.mean);
    ctx.record_held(op.m2);
  }
  if (!running_mean_ || !(ctx.training || ctx.population)) return;
  if (splits_.empty() || op.cut.parts() == 1)
    return track(ctx, op.cut.samples(), op.state(op.cut.part(0)));
  for (int64_t i = 0; i < op.cut.parts(); ++i) split(i).track(ctx, 1, op.state(op.cut.part(i)));
}

}  // namespace norma
