// The column shape on the tape: norms whose statistics run over positions (batch, instance, group),
// with a shortcut and an activation behind the map in the same pass.
#include "core/kernels/norm/columns.h"

#include "layers/activation.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

// How (N,S,C) is cut for a domain.
struct ColumnCut {
  int64_t samples, positions, merge;
};
ColumnCut cut_of(const Domain& domain, const Nsc& nsc) {
  switch (domain.kind) {
    case Domain::Kind::kChannel:
      return {1, nsc.rows(), 1};
    case Domain::Kind::kGroup:
      return {nsc.n, nsc.s, nsc.c / domain.groups};
    default:
      return {nsc.n, nsc.s, 1};
  }
}

}  // namespace

struct ColumnNormOp final : NamedOp<ColumnNormOp>, NormOp {
  static constexpr const char* kName = "norm";
  ColumnCut cut{};
  Tensor x, y, mask, mean, m2, positions;
  Tensor given_mean, given_variance;
  Tensor shortcut;
  Activation activation = Activation::kIdentity;

  template <class T>
  kernels::ColumnNorm<T> driver() const {
    kernels::ColumnNorm<T> made;
    made.program = norm->program<T>();
    made.samples = cut.samples;
    made.positions = cut.positions;
    made.channels = x.shape().back();
    made.merge = cut.merge;
    made.mask = mask ? mask.data<uint8_t>() : nullptr;
    made.x = x.data<T>();
    made.given_mean = given_mean ? given_mean.data<double>() : nullptr;
    made.given_variance = given_variance ? given_variance.data<double>() : nullptr;
    made.shortcut = shortcut ? shortcut.data<T>() : nullptr;
    made.activation = activation;
    return made;
  }
  kernels::ColumnState state() const {
    return {mean.data<double>(), m2.data<double>(), positions.data<double>()};
  }

  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = Tensor::empty(x.shape(), x.dtype());
    const Tensor dshortcut =
        shortcut && grads.wants(1) ? Tensor::empty(x.shape(), x.dtype()) : Tensor();
    with_float_type(x.dtype(), [&]<class T>() {
      columns_backward(driver<T>(), y ? y.data<T>() : nullptr, dy.data<T>(), state(), dx.data<T>(),
                       dshortcut ? dshortcut.data<T>() : nullptr);
    });
    grads.give(0, dx);
    if (dshortcut) grads.give(1, dshortcut);
  }
};

Var Norm::forward(Context& ctx, const Var& x) {
  if (definition_.domain.per_row())
    return on_stream(ctx, Stream{.base = x, .branch = {}, .drop = {}}).second;
  return with_activation(ctx, x, nullptr, Activation::kIdentity);
}

Norm::Given Norm::given(const Context& ctx) const {
  if (ctx.training || !running_mean_) return {};
  return {running_mean_->value.to(DType::kFloat64), running_var_->value.to(DType::kFloat64)};
}

Var Norm::with_activation(Context& ctx, const Var& x, const Var* shortcut, Activation activation) {
  const PathScope here(ctx, path());
  if (definition_.domain.per_row()) {
    Var y = on_stream(ctx, Stream{.base = x, .branch = {}, .drop = {}}).second;
    if (shortcut) y = resolve(ctx, Stream{.base = y, .branch = *shortcut, .drop = {}});
    return activation == Activation::kIdentity ? y : norma::activation(ctx, activation, y);
  }
  check_input(x);
  if (shortcut && !(shortcut->shape() == x.shape()))
    throw Error(place() + "the shortcut " + shortcut->shape().str() +
                " does not have the shape of the input " + x.shape().str());
  ColumnNormOp op;
  op.norm = this;
  op.cut = cut_of(definition_.domain, nsc_of(x.shape()));
  op.x = x.value;
  op.mask = mask_for(ctx, x.shape());
  const Given outside = given(ctx);
  op.given_mean = outside.mean;
  op.given_variance = outside.variance;
  if (!outside.mean && op.cut.positions * op.cut.merge == 1)
    throw Error(place() + "with the input " + x.shape().str() +
                " every statistic would be over a single value, so the output would not depend on "
                "the input; a larger batch or more positions are needed in training");
  const int64_t domains = op.cut.samples * (channels_ / op.cut.merge);
  op.mean = Tensor::empty({domains}, DType::kFloat64);
  op.m2 = Tensor::empty({domains}, DType::kFloat64);
  op.positions = Tensor::empty({op.cut.samples}, DType::kFloat64);
  op.shortcut = shortcut ? shortcut->value : Tensor();
  op.activation = activation;

  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  with_float_type(x.value.dtype(), [&]<class T>() {
    columns_forward(op.driver<T>(), y.value.data<T>(), op.state());
  });
  if (activation == Activation::kRelu) op.y = y.value;
  if (!outside.mean && ctx.training && running_mean_) track(ctx, op.mean, op.m2, op.positions);

  const auto learned = [&](size_t j) { return j < params_.size() ? params_[j] : nullptr; };
  if (auto* node = ctx.record<ColumnNormOp>({&x, shortcut},
                                            {learned(0), learned(1), learned(2), learned(3)}, {&y}))
    *node = std::move(op);
  return y;
}

void Norm::track(Context& ctx, const Tensor& mean, const Tensor& m2, const Tensor& positions) {
  ctx.commit([&] {
    const int64_t samples = positions.numel();
    const double* const count = positions.data<double>();
    int64_t counted = 0;
    // Padding leaves nothing to track, and a single value has no variance.
    for (int64_t n = 0; n < samples; ++n) counted += count[n] > 1;
    if (counted == 0) return;
    int32_t& batches = *batches_->value.data<int32_t>();
    ++batches;
    const double weight = definition_.running->momentum.value_or(1.0 / batches);
    with_float_type(running_mean_->value.dtype(), [&]<class T>() {
      T* const running_mean = running_mean_->value.data<T>();
      T* const running_var = running_var_->value.data<T>();
      for (int64_t c = 0; c < channels_; ++c) {
        // Samples that have statistics of their own (instance norm) count equally.
        double mean_now = 0, var_now = 0;
        for (int64_t n = 0; n < samples; ++n) {
          if (count[n] <= 1) continue;
          mean_now += mean.data<double>()[n * channels_ + c];
          var_now += m2.data<double>()[n * channels_ + c] / (count[n] - 1);  // unbiased
        }
        mean_now /= static_cast<double>(counted);
        var_now /= static_cast<double>(counted);
        running_mean[c] +=
            static_cast<T>(weight * (mean_now - static_cast<double>(running_mean[c])));
        running_var[c] += static_cast<T>(weight * (var_now - static_cast<double>(running_var[c])));
      }
    });
  });
}

}  // namespace norma
