#include "layers/norms/joint_norm.h"

#include "core/kernels/norm/columns.h"
#include "layers/norms/parts_tally.h"
#include "layers/norms/population.h"

namespace norma {

struct JointNormOp final : NamedOp<JointNormOp>, NormOp {
  static constexpr const char* kName = "norm";
  Tensor x, y, mask, shortcut;
  Tensor mean, m2, positions;         // see kernels::ColumnState
  Tensor stats;                       // (samples, stats, channels)
  Tensor given_mean, given_variance;  // of the batch, in eval
  Tensor learned;
  Activation activation = Activation::kIdentity;

  bool ends_op() const override { return !shortcut && activation == Activation::kIdentity; }
  const JointNorm& joint() const { return static_cast<const JointNorm&>(*norm); }

  template <class T>
  kernels::ColumnNorm<T> driver() const {
    const Nsc size = nsc_of(x.shape());
    kernels::ColumnNorm<T> made;
    made.program = norm->program<T>();
    made.samples = size.n;
    made.positions = size.s;
    made.channels = size.c;
    made.mask = mask ? mask.data<uint8_t>() : nullptr;
    made.x = x.data<T>();
    made.shortcut = shortcut ? shortcut.data<T>() : nullptr;
    made.activation = activation;
    return made;
  }
  // With centre and stats as the table gave them.
  template <class T>
  kernels::ColumnNorm<T> given_driver() const {
    kernels::ColumnNorm<T> made = driver<T>();
    made.given.centre = mean.data<double>();
    made.given.stats = stats.data<double>();
    made.given.each_sample = true;
    return made;
  }
  kernels::ColumnState state() const {
    return {mean.data<double>(), m2.data<double>(), positions.data<double>()};
  }
  kernels::JointCells cells() const {
    return {.samples = mean.shape()[0],
            .channels = mean.shape()[1],
            .positions = positions.data<double>(),
            .mean = mean.data<double>(),
            .m2 = m2.data<double>(),
            .given_mean = given_mean ? given_mean.data<double>() : nullptr,
            .given_variance = given_variance ? given_variance.data<double>() : nullptr,
            .learned = learned ? learned.data<double>() : nullptr};
  }

  void forward() const {
    with_float_type(x.dtype(), [&]<class T>() {
      columns_moments(driver<T>(), state());
      joint().table_->forward(cells(), stats.data<double>());
      columns_map(given_driver<T>(), y.data<T>(), state());
    });
  }

  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = Tensor::empty(x.shape(), x.dtype());
    const Tensor dshortcut =
        shortcut && grads.wants(1) ? Tensor::empty(x.shape(), x.dtype()) : Tensor();
    const int64_t samples = mean.shape()[0], channels = mean.shape()[1];
    const Tensor sums = Tensor::empty({samples, stats.shape()[1] + 1, channels}, DType::kFloat64);
    const Tensor along = Tensor::empty({2, samples, channels}, DType::kFloat64);
    const Tensor dlearned = learned ? Tensor::zeros(learned.shape(), DType::kFloat64) : Tensor();
    with_float_type(x.dtype(), [&]<class T>() {
      const kernels::ColumnGrads<T> buffers{.y = y ? y.data<T>() : nullptr,
                                            .dy = dy.data<T>(),
                                            .dx = dx.data<T>(),
                                            .dshortcut = dshortcut ? dshortcut.data<T>() : nullptr};
      kernels::ColumnNorm<T> run = given_driver<T>();
      columns_sums(run, state(), buffers, sums.data<double>());
      run.given.along_one = along.data<double>();
      run.given.along_u = along.data<double>() + samples * channels;
      joint().table_->backward(cells(), sums.data<double>(), along.data<double>(),
                               along.data<double>() + samples * channels,
                               dlearned ? dlearned.data<double>() : nullptr);
      columns_apply(run, state(), buffers, nullptr);
    });
    if (dlearned) joint().add_learned_grads(dlearned.data<double>());
    if (NormObserver* const watching = norm_observer(grads))
      watching->on_norm_backward(norm->path(), parts(dy, dx, along));
    grads.give(0, dx);
    if (dshortcut) grads.give(1, dshortcut);
  }

  GradientParts parts(const Tensor& dy, const Tensor& dx, const Tensor& along) const {
    const Nsc size = nsc_of(x.shape());
    const auto wide = [](const Tensor& from) { return from ? from.to(DType::kFloat64) : from; };
    const Tensor wide_x = wide(x), wide_dy = wide(dy);
    const std::vector<double> coefficients = along.to_vector();
    const auto half = coefficients.begin() + std::ssize(coefficients) / 2;
    const NormPassage passage{.definition = &norm->definition(),
                              .rows = size.rows(),
                              .channels = size.c,
                              .together = size.s,
                              .entering = size.c,
                              .mask = mask ? mask.data<uint8_t>() : nullptr,
                              .x = wide_x.data<double>(),
                              .dy = wide_dy.data<double>(),
                              .params = norm->param_values(),
                              .centre = mean.to_vector(),
                              .stats = stats.to_vector(),
                              .along_one = {coefficients.begin(), half},
                              .along_u = {half, coefficients.end()}};
    passage.take_activation(activation, wide(shortcut), wide(y), wide_dy);
    PartsTally tally(norm->type(), norm->definition(), x.shape(), Projection::kMixed);
    tally.add(passage, 0);
    return tally.finish(dx);
  }
};

JointNorm::JointNorm(const Scope& scope, std::string type, NormDefinition definition,
                     std::shared_ptr<const kernels::JointTable> table,
                     const std::vector<TableParam>& learned, int64_t channels)
    : Norm(scope, std::move(type), std::move(definition), channels),
      table_(std::move(table)),
      recorded_(params()) {
  for (const TableParam& param : learned) {
    learned_.push_back(&scope.param(param.name, {param.numbers}, ParamKind::kScalar,
                                    Init::constant(param.initial)));
    recorded_.push_back(learned_.back());
  }
}

Tensor JointNorm::learned_values() const {
  int64_t count = 0, at = 0;
  for (const Param* param : learned_) count += param->numel();
  if (count == 0) return {};
  const Tensor values = Tensor::empty({count}, DType::kFloat64);
  for (const Param* param : learned_) {
    values.slice(at, param->shape).copy_from(param->value);
    at += param->numel();
  }
  return values;
}

void JointNorm::add_learned_grads(const double* grads) const {
  for (Param* param : learned_)
    with_float_type(param->grad.dtype(), [&]<class T>() {
      for (int64_t i = 0; i < param->numel(); ++i)
        param->grad.data<T>()[i] += static_cast<T>(*grads++);
    });
}

void JointNorm::track(Context& ctx, const kernels::JointCells& cells) {
  const Tensor now = Tensor::empty({3, channels()}, DType::kFloat64);
  double* const mean = now.data<double>();
  double* const m2 = mean + channels();
  double* const variance = m2 + channels();
  double count = table_->merged(cells, mean, m2);
  if (ctx.population) return ctx.population->add(*this, 1, {mean, m2, &count});
  if (count <= 1) return;
  ctx.commit([&] {
    tracked(count, mean, m2, variance);
    update(1, mean, variance);
  });
}

void JointNorm::tracked(double count, const double* /*mean*/, const double* m2,
                        double* second) const {
  table_->tracked(count, channels(), m2, second);
}

Var JointNorm::with_activation(Context& ctx, const Var& x, const Var* shortcut,
                               Activation activation) {
  const PathScope here(ctx, path());
  check_input(x);
  check_shortcut(x, shortcut);
  const Nsc size = nsc_of(x.shape());
  const Shape cells{size.n, size.c};
  JointNormOp op;
  op.norm = this;
  op.x = x.value;
  op.mask = mask_for(ctx, x.shape());
  op.shortcut = shortcut ? shortcut->value : Tensor();
  op.activation = activation;
  op.mean = Tensor::empty(cells, DType::kFloat64);
  op.m2 = Tensor::empty(cells, DType::kFloat64);
  op.positions = Tensor::empty({size.n}, DType::kFloat64);
  op.stats = Tensor::empty({size.n, definition().stats, size.c}, DType::kFloat64);
  op.learned = learned_values();
  const bool of_batch = from_batch(ctx);
  if (!of_batch) {
    op.given_mean = running_mean()->value.to(DType::kFloat64);
    op.given_variance = running_second()->value.to(DType::kFloat64);
  }
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  op.y = y.value;
  op.forward();
  if (activation != Activation::kRelu) op.y = Tensor();
  if (running_mean() && of_batch) track(ctx, op.cells());

  const Var* const inputs[] = {&x, shortcut};
  Var* const outputs[] = {&y};
  if (auto* node = ctx.record<JointNormOp>(inputs, recorded_, outputs)) *node = std::move(op);
  return y;
}

}  // namespace norma
