#include <utility>

#include "core/kernels/softmax_cross_entropy.h"
#include "layers/losses/linear_cross_entropy.h"

namespace norma {
namespace {

struct CrossEntropyOp : NamedOp<CrossEntropyOp> {
  static constexpr const char* kName = "cross_entropy";
  Tensor logits, target, row_max, row_scale;
  kernels::CrossEntropyOptions options;
  void backward(Grads& grads) override;
};

}  // namespace

LossResult cross_entropy(Context& ctx, const Var& logits, const Tensor& target,
                         double label_smoothing, int64_t ignore_index, double z_loss) {
  check_class_target(ctx, CrossEntropyOp::kName, logits.shape(), target);
  const kernels::CrossEntropyOptions options{.ignored_index = static_cast<int32_t>(ignore_index),
                                             .label_smoothing = label_smoothing,
                                             .z_loss = z_loss};
  const int64_t rows = logits.value.rows(), classes = logits.shape().back();
  const DType dtype = logits.value.dtype();
  const Tensor row_max = Tensor::empty({rows}, dtype), row_scale = Tensor::empty({rows}, dtype);
  kernels::CrossEntropySums sums;
  with_float_type(dtype, [&]<class T>() {
    T* const no_row_loss = nullptr;
    sums = kernels::cross_entropy_forward(logits.value.data<T>(), target.data<int32_t>(), rows,
                                          classes, options, row_max.data<T>(), row_scale.data<T>(),
                                          no_row_loss);
  });
  LossResult result{.sum = {Tensor::full({1}, dtype, sums.loss)},
                    .total = sums.loss,
                    .weight = static_cast<double>(sums.counted),
                    .correct = sums.correct};
  if (auto* op = ctx.record<CrossEntropyOp>({&logits}, {}, {&result.sum})) {
    op->logits = logits.value;
    op->target = target;
    op->row_max = row_max;
    op->row_scale = row_scale;
    op->options = options;
  }
  return result;
}

// The logits are large and this is their last reader as a rule: then their memory takes the
// gradient.
void CrossEntropyOp::backward(Grads& grads) {
  const Tensor dlogits = logits.unique() ? logits : Tensor::empty(logits.shape(), logits.dtype());
  with_float_type(logits.dtype(), [&]<class T>() {
    kernels::cross_entropy_backward(dlogits.data<T>(), logits.data<T>(), target.data<int32_t>(),
                                    logits.rows(), logits.shape().back(), options,
                                    row_max.data<T>(), row_scale.data<T>(), grads.out().item());
  });
  logits = Tensor();
  grads.give(0, dlogits);
}

namespace {

class CrossEntropy : public Loss {
 public:
  struct Options {
    double label_smoothing = 0, z_loss = 0;
    int64_t ignore_index = -100;
    void describe(Fields& f) {
      f.number("label_smoothing", label_smoothing,
               "share of the target's probability spread over all classes", {.min = 0, .max = 1});
      f.integer("ignore_index", ignore_index,
                "targets of this value do not count, besides the -100 that data sets write");
      f.number("z_loss", z_loss,
               "λ: λ·(log Σ exp(logit))² is added for every target in training, e.g. 1e-4; "
               "evaluations report the cross-entropy alone",
               {.min = 0});
    }
  };
  explicit CrossEntropy(const Options& options) : options_(options) {}
  LossResult operator()(Context& ctx, const Var& output) const override {
    return cross_entropy(ctx, output, ctx.target, options_.label_smoothing, options_.ignore_index,
                         z_loss(ctx));
  }
  LossResult of(Context& ctx, Logits logits) const override {
    if (!walks_over_rows(ctx, logits)) return Loss::of(ctx, std::move(logits));
    return linear_cross_entropy(ctx, std::move(logits), ctx.target,
                                {.ignored_index = static_cast<int32_t>(options_.ignore_index),
                                 .label_smoothing = options_.label_smoothing,
                                 .z_loss = z_loss(ctx)});
  }
  bool classifies() const override { return true; }

 private:
  double z_loss(const Context& ctx) const { return ctx.training ? options_.z_loss : 0; }

  Options options_;
};

const RegisterLoss<CrossEntropy> registered_cross_entropy(
    "cross_entropy", "−log of the softmax at the target's class",
    "torch.nn.functional.cross_entropy");

}  // namespace
}  // namespace norma
