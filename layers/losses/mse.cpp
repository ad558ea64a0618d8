#include "core/kernels/mse.h"
#include "layers/loss.h"
#include "layers/losses/elementwise_target.h"

namespace norma {
namespace {

struct MseOp : NamedOp<MseOp> {
  static constexpr const char* kName = "mse";
  Tensor x, target;
  void backward(Grads& grads) override;
};

}  // namespace

LossResult mse(Context& ctx, const Var& x, const Tensor& given_target) {
  const Tensor target = elementwise_target(ctx, MseOp::kName, x.value, given_target);
  LossResult result;
  result.weight = static_cast<double>(x.value.numel());
  with_float_type(x.value.dtype(), [&]<class T>() {
    result.total = kernels::squared_error(x.value.data<T>(), target.data<T>(), x.value.numel());
  });
  result.sum = {Tensor::full({1}, x.value.dtype(), result.total)};
  if (auto* op = ctx.record<MseOp>({&x}, {}, {&result.sum})) {
    op->x = x.value;
    op->target = target;
  }
  return result;
}

void MseOp::backward(Grads& grads) {
  const Tensor dx = Tensor::empty(x.shape(), x.dtype());
  with_float_type(x.dtype(), [&]<class T>() {
    kernels::squared_error_backward(dx.data<T>(), x.data<T>(), target.data<T>(), x.numel(),
                                    grads.out().item());
  });
  grads.give(0, dx);
}

namespace {

class Mse : public Loss {
 public:
  struct Options {
    void describe(Fields&) {}
  };
  explicit Mse(const Options&) {}
  LossResult operator()(Context& ctx, const Var& output) const override {
    return mse(ctx, output, ctx.target);
  }
  bool classifies() const override { return false; }
};

const RegisterLoss<Mse> registered_mse("mse", "squared difference to the target",
                                       "torch.nn.functional.mse_loss");

}  // namespace
}  // namespace norma
