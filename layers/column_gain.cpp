#include "layers/column_gain.h"

#include "core/kernels/column_gain.h"
#include "core/kernels/column_sum.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

struct ColumnGainOp final : NamedOp<ColumnGainOp> {
  static constexpr const char* kName = "column_gain";
  Tensor x;
  Param* gain = nullptr;
  double factor = 1;

  template <class T>
  kernels::ColumnGain<T> shape() const {
    const int64_t columns = x.shape().back();
    return {.rows = x.rows(),
            .columns = columns,
            .group = columns / gain->numel(),
            .factor = static_cast<T>(factor),
            .gain = gain->value.data<T>()};
  }

  void backward(Grads& grads) override {
    Tensor dy = grads.take_out();
    Tensor dx;
    if (grads.wants(0)) dx = dy.unique() ? dy : Tensor::empty(dy.shape(), dy.dtype());
    const Tensor scratch =
        Tensor::empty({kernels::column_sum_scratch(x.rows(), x.shape().back())}, DType::kFloat64);
    with_float_type(x.dtype(), [&]<class T>() {
      kernels::column_gain_backward(shape<T>(), x.data<T>(), dy.data<T>(),
                                    dx ? dx.data<T>() : nullptr, gain->grad.data<T>(),
                                    scratch.data<double>());
    });
    dy = Tensor();
    if (dx) grads.give(0, std::move(dx));
  }
};

}  // namespace

Var column_gain(Context& ctx, const Var& x, Param& gain, double factor) {
  if (x.shape().back() % gain.numel() != 0)
    layer_error(ctx, ColumnGainOp::kName,
                std::to_string(gain.numel()) +
                    " gains do not divide the columns of an input of "
                    "shape " +
                    x.shape().str());
  ColumnGainOp op;
  op.x = x.value;
  op.gain = &gain;
  op.factor = factor;
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  with_float_type(x.value.dtype(), [&]<class T>() {
    kernels::column_gain(op.shape<T>(), x.value.data<T>(), y.value.data<T>());
  });
  if (auto* node = ctx.record<ColumnGainOp>({&x}, {&gain}, {&y})) *node = std::move(op);
  return y;
}

}  // namespace norma
