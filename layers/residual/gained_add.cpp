#include "layers/residual/gained_add.h"

#include "core/kernels/column_sum.h"
#include "core/kernels/gained_add.h"
#include "layers/residual/joins.h"

namespace norma {
namespace {

struct GainedAddOp final : NamedOp<GainedAddOp> {
  static constexpr const char* kName = "gained_add";
  Tensor branch, drop;
  Param* gain = nullptr;
  double factor = 1;

  template <class T>
  kernels::GainedAdd<T> shape() const {
    const Shape& all = branch.shape();
    return {.samples = all[0],
            .positions = branch.rows() / all[0],
            .channels = all.back(),
            .gain = gain->value.data<T>(),
            .single_gain = gain->numel() == 1,
            .drop = drop ? drop.data<T>() : nullptr,
            .factor = static_cast<T>(factor)};
  }

  void forward(const Tensor& x, const Tensor& sum) const {
    with_float_type(x.dtype(), [&]<class T>() {
      kernels::gained_add(shape<T>(), x.data<T>(), branch.data<T>(), sum.data<T>());
    });
  }

  void backward(Grads& grads) override {
    Tensor dsum = grads.take_out();
    const Tensor dbranch = grads.wants(1) ? Tensor::empty(dsum.shape(), dsum.dtype()) : Tensor();
    const Tensor scratch = Tensor::empty(
        {kernels::column_sum_scratch(branch.rows(), branch.shape().back())}, DType::kFloat64);
    with_float_type(dsum.dtype(), [&]<class T>() {
      kernels::gained_add_backward(shape<T>(), branch.data<T>(), dsum.data<T>(),
                                   dbranch ? dbranch.data<T>() : nullptr, gain->grad.data<T>(),
                                   scratch.data<double>());
    });
    if (dbranch) grads.give(1, dbranch);
    grads.give(0, std::move(dsum));
  }
};

}  // namespace

Var gained_add(Context& ctx, const Var& x, const Var& branch, Param& gain, const Tensor& drop,
               double factor) {
  const int64_t channels = x.shape().back();
  if (!(x.shape() == branch.shape()) || (gain.numel() != 1 && gain.numel() != channels))
    throw Error(ctx.path() + ": a branch of shape " + branch.shape().str() + " with a gain of " +
                std::to_string(gain.numel()) + " numbers cannot be added to a stream of shape " +
                x.shape().str());
  GainedAddOp op;
  op.branch = branch.value;
  op.drop = drop;
  op.gain = &gain;
  op.factor = factor;
  Var sum{Tensor::empty(x.shape(), x.value.dtype())};
  op.forward(x.value, sum.value);
  if (JoinObserver* const watching = join_observer(ctx)) {
    const Tensor factored = Tensor::empty(x.shape(), x.value.dtype());
    op.forward(Tensor::zeros(x.shape(), x.value.dtype()), factored);
    watching->on_join(ctx.path(), {x.value, factored, sum.value});
  }
  if (auto* node = ctx.record<GainedAddOp>({&x, &branch}, {&gain}, {&sum})) *node = std::move(op);
  return sum;
}

}  // namespace norma
