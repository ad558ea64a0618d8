// The row shape on the tape: norms over the channels of each position, and pointwise maps, with the
// pending addition of a stream carried out in the same pass.
#include "core/kernels/norm/rows.h"

#include "core/kernels/scale_samples.h"
#include "layers/norms/norm.h"
#include "layers/norms/parts_tally.h"

namespace norma {

struct RowNormOp final : NamedOp<RowNormOp>, NormOp, Remakes {
  static constexpr const char* kName = "norm";
  Tensor x, mask, mean, m2;
  double scale = 1;
  Tensor drop;  // undefined: 1 for every sample
  bool on_stream = false;

  template <class T>
  kernels::RowNorm<T> driver() const {
    kernels::RowNorm<T> made;
    made.program = norm->program<T>();
    made.rows = x.rows();
    made.channels = x.shape().back();
    made.entering = norm->entering();
    made.mask = mask ? mask.data<uint8_t>() : nullptr;
    made.x = x.data<T>();
    made.scale = static_cast<T>(scale);
    made.drop = drop ? drop.data<T>() : nullptr;
    made.rows_per_sample = nsc_of(x.shape()).s;
    return made;
  }

  // Fills x with the stream's sum where one is pending, and computes y.
  void forward(const Stream& stream, const Tensor& y) const {
    with_float_type(x.dtype(), [&]<class T>() {
      kernels::RowNorm<T> driver = this->driver<T>();
      if (stream.pending()) {
        driver.base = stream.base.value.data<T>();
        driver.branch = stream.branch.value.data<T>();
      }
      rows_forward(driver, y.data<T>(), mean ? mean.data<double>() : nullptr,
                   m2 ? m2.data<double>() : nullptr);
    });
  }

  // Statistics are taken anew: they cost less than the read of x, which is the same.
  Tensor remake() const override {
    const Tensor y = Tensor::empty(x.shape(), x.dtype());
    forward(Stream{}, y);
    return y;
  }

  // Recorded on a plain input: inputs {x}, outputs {y}. On a stream: {base, branch}, {sum, y}.
  void backward(Grads& grads) override {
    const Tensor dy = grads.out(on_stream ? 1 : 0);
    Tensor dx;
    if (dy) {
      dx = Tensor::empty(x.shape(), x.dtype());
      const Tensor dsum = on_stream ? grads.out(0) : Tensor();
      with_float_type(x.dtype(), [&]<class T>() {
        rows_backward(driver<T>(), dy.data<T>(), dsum ? dsum.data<T>() : nullptr,
                      mean ? mean.data<double>() : nullptr, m2 ? m2.data<double>() : nullptr,
                      dx.data<T>());
      });
      if (NormObserver* const watching = norm_observer(grads))
        watching->on_norm_backward(norm->path(), parts(dy, dx, dsum));
    } else {
      dx = grads.take_out(0);
    }
    if (on_stream && grads.wants(1)) grads.give(1, branch_grad(dx));
    grads.give(0, std::move(dx));
  }

  GradientParts parts(const Tensor& dy, const Tensor& dx, const Tensor& dsum) const {
    const NormDefinition& definition = norm->definition();
    const Tensor wide_x = x.to(DType::kFloat64), wide_dy = dy.to(DType::kFloat64);
    NormPassage passage{.definition = &definition,
                        .rows = x.rows(),
                        .channels = x.shape().back(),
                        .merge = x.shape().back(),
                        .entering = norm->entering(),
                        .mask = mask ? mask.data<uint8_t>() : nullptr,
                        .x = wide_x.data<double>(),
                        .dy = wide_dy.data<double>(),
                        .params = norm->param_values()};
    if (definition.table) {
      passage.count.assign(static_cast<size_t>(passage.rows),
                           static_cast<double>(passage.entering));
      passage.centre = mean.to_vector();
      passage.m2 = m2.to_vector();
      passage.tabulate();
      passage.flow_back(passage.sums());
    }
    PartsTally tally(norm->type(), definition, x.shape(),
                     definition.table ? Projection::kOrthogonal : Projection::kPointwise);
    tally.add(passage, 0);
    return tally.finish(dx, dsum);
  }

  // The branch shares the gradient of the sum unless it was scaled or dropped.
  Tensor branch_grad(const Tensor& dsum) const {
    if (scale == 1 && !drop) return dsum;
    const Tensor dbranch = Tensor::empty(dsum.shape(), dsum.dtype());
    with_float_type(dsum.dtype(), [&]<class T>() {
      kernels::scale_samples(dsum.data<T>(), static_cast<T>(scale), drop ? drop.data<T>() : nullptr,
                             dsum.shape()[0], dsum.numel() / dsum.shape()[0], dbranch.data<T>());
    });
    return dbranch;
  }
};

std::pair<Stream, Var> Norm::on_stream(Context& ctx, const Stream& stream) {
  const PathScope here(ctx, path());
  if (!definition_.domain.per_row()) {
    const Var x = resolve(ctx, stream);
    return {Stream{.base = x, .branch = {}, .drop = {}}, forward(ctx, x)};
  }
  check_input(stream.base);
  const Tensor& base = stream.base.value;
  RowNormOp op;
  op.norm = this;
  op.x = stream.pending() ? Tensor::empty(base.shape(), base.dtype()) : base;
  op.mask = mask_for(ctx, base.shape());
  if (definition_.table) {
    op.mean = Tensor::empty({base.rows()}, DType::kFloat64);
    op.m2 = Tensor::empty({base.rows()}, DType::kFloat64);
  }
  op.scale = stream.scale;
  op.drop = stream.drop;
  op.on_stream = stream.pending();
  Var y{Tensor::empty(base.shape(), base.dtype())};
  op.forward(stream, y.value);
  show_curve_input(ctx, op.x);

  Stream sum = stream;
  const auto put = [&](RowNormOp* node) {
    if (!node) return;
    *node = std::move(op);
    if (ctx.recompute != Recompute::kNone) y.origin = node;
  };
  if (stream.pending()) {
    sum = Stream{.base = Var{op.x}, .branch = {}, .drop = {}};
    const Var* const inputs[] = {&stream.base, &stream.branch};
    Var* const outputs[] = {&sum.base, &y};
    put(ctx.record<RowNormOp>(inputs, params_, outputs));
  } else {
    const Var* const inputs[] = {&stream.base};
    Var* const outputs[] = {&y};
    put(ctx.record<RowNormOp>(inputs, params_, outputs));
  }
  return {std::move(sum), std::move(y)};
}

}  // namespace norma
