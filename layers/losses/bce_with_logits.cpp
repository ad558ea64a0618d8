#include "core/kernels/binary_cross_entropy.h"
#include "layers/loss.h"
#include "layers/losses/elementwise_target.h"

namespace norma {
namespace {

struct BceOp : NamedOp<BceOp> {
  static constexpr const char* kName = "bce_with_logits";
  Tensor logits, target;
  void backward(Grads& grads) override;
};

}  // namespace

LossResult bce_with_logits(Context& ctx, const Var& logits, const Tensor& given_target) {
  const Tensor target = elementwise_target(ctx, BceOp::kName, logits.value, given_target);
  const int64_t count = logits.value.numel();
  LossResult result;
  result.weight = static_cast<double>(count);
  with_float_type(logits.value.dtype(), [&]<class T>() {
    const T* const z = logits.value.data<T>();
    result.total = kernels::binary_cross_entropy(z, target.data<T>(), count);
    result.correct = kernels::count_same_side(z, target.data<T>(), count);
  });
  result.sum = {Tensor::full({1}, logits.value.dtype(), result.total)};
  if (auto* op = ctx.record<BceOp>({&logits}, {}, {&result.sum})) {
    op->logits = logits.value;
    op->target = target;
  }
  return result;
}

void BceOp::backward(Grads& grads) {
  const Tensor dlogits = Tensor::empty(logits.shape(), logits.dtype());
  with_float_type(logits.dtype(), [&]<class T>() {
    kernels::binary_cross_entropy_backward(dlogits.data<T>(), logits.data<T>(), target.data<T>(),
                                           logits.numel(), grads.out().item());
  });
  grads.give(0, dlogits);
}

namespace {

class BceWithLogits : public Loss {
 public:
  struct Options {
    void describe(Fields&) {}
  };
  explicit BceWithLogits(const Options&) {}
  LossResult operator()(Context& ctx, const Var& output) const override {
    return bce_with_logits(ctx, output, ctx.target);
  }
  bool classifies() const override { return true; }
};

const RegisterLoss<BceWithLogits> registered_bce_with_logits(
    "bce_with_logits", "cross-entropy of independent yes-or-no questions",
    "torch.nn.functional.binary_cross_entropy_with_logits");

}  // namespace
}  // namespace norma
