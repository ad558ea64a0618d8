#include "layers/offset.h"

#include "core/kernels/column_sum.h"
#include "core/kernels/offset.h"

namespace norma {
namespace {

struct OffsetOp final : NamedOp<OffsetOp> {
  static constexpr const char* kName = "offset";
  Param* offset = nullptr;

  void backward(Grads& grads) override {
    Tensor dy = grads.take_out();
    const int64_t rows = dy.rows(), columns = dy.shape().back();
    const Tensor scratch =
        Tensor::empty({kernels::column_sum_scratch(rows, columns)}, DType::kFloat64);
    const Tensor sums = Tensor::zeros({columns}, dy.dtype());
    with_float_type(dy.dtype(), [&]<class T>() {
      kernels::add_column_sums(sums.data<T>(), dy.data<T>(), rows, columns, scratch.data<double>());
      double total = 0;
      for (int64_t c = 0; c < columns; ++c) total += static_cast<double>(sums.data<T>()[c]);
      offset->grad.data<T>()[0] += static_cast<T>(total);
    });
    if (grads.wants(0)) grads.give(0, std::move(dy));
  }
};

}  // namespace

Var add_offset(Context& ctx, const Var& x, Param& offset) {
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  with_float_type(x.value.dtype(), [&]<class T>() {
    kernels::add_offset(y.value.data<T>(), x.value.data<T>(), offset.value.data<T>()[0],
                        x.value.numel());
  });
  if (auto* op = ctx.record<OffsetOp>({&x}, {&offset}, {&y})) op->offset = &offset;
  return y;
}

}  // namespace norma
