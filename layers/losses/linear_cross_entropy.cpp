#include "layers/losses/linear_cross_entropy.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "core/kernels/column_sum.h"
#include "layers/layer_error.h"
#include "layers/losses/counted_rows.h"
#include "layers/product.h"

namespace norma {
namespace {

struct LinearCrossEntropyOp final : NamedOp<LinearCrossEntropyOp> {
  static constexpr const char* kName = "linear_cross_entropy";
  Tensor dx;  // undefined where the features want no gradient
  void backward(Grads& grads) override {
    if (grads.out().item() != 1)
      throw Failure("a loss that was to be differentiated with a gradient of 1 got another");
    if (dx) grads.give(0, std::move(dx));
  }
};

// Logits that stay in the cache from one product to the next, and the rows below which the weight
// would be read too often.
constexpr int64_t kCachedLogits = int64_t{1} << 20, kLeastRows = 512;

int64_t rows_of_a_chunk(int64_t classes, size_t element) {
  return std::max(kCachedLogits / (classes * static_cast<int64_t>(element)), kLeastRows);
}

int64_t round_up(int64_t rows) {
  constexpr int64_t kRound = 64;
  return (rows + kRound - 1) / kRound * kRound;
}

// As few chunks as hold no more rows than that, of about equal size.
Chunks cut_rows(int64_t rows, int64_t most) {
  const int64_t number = (rows + most - 1) / std::max<int64_t>(most, 1);
  return {
      .count = rows, .size = (rows + number - 1) / std::max<int64_t>(number, 1), .number = number};
}

// The features x (rows, in) against the weight of the head, chunk by chunk.
class Walk {
 public:
  Walk(const WeightUse& weight, Param* bias, const Tensor& x, Tensor dx, Tensor target,
       const kernels::CrossEntropyOptions& options, Operands operands, bool differentiate)
      : weight_(weight),
        bias_(bias),
        options_(options),
        operands_(operands),
        differentiate_(differentiate),
        dtype_(x.dtype()),
        x_(product_operand(x, operands)),
        dx_(std::move(dx)),
        target_(std::move(target)),
        counted_(target_, options),
        most_(std::min(x_.rows(), rows_of_a_chunk(weight_.var.shape()[0], size_of(dtype_)))) {}

  kernels::CrossEntropySums run() {
    return with_float_type(dtype_, [&]<class T>() { return run_in<T>(); });
  }

 private:
  // One chunk: rows that stand together.
  template <class T>
  struct Rows {
    int64_t number;
    const std::byte* x;  // as products read them
    T* dx;               // null: not wanted
    const int32_t* target;
  };

  template <class T>
  kernels::CrossEntropySums run_in() {
    const int64_t in = x_.shape().back(), classes = weight_.var.shape()[0];
    const int64_t x_bytes = in * static_cast<int64_t>(size_of(x_.dtype()));
    const int64_t dx_bytes = in * static_cast<int64_t>(sizeof(T));
    const Tensor logits = Tensor::empty({most_, classes}, dtype_);
    Tensor some_x, some_dx, some_targets;
    if (!counted_.all()) {
      some_x = Tensor::empty({most_, in}, x_.dtype());
      some_dx = Tensor::empty({most_, in}, dtype_);
      some_targets = Tensor::empty({most_}, DType::kInt32);
    }
    const Chunks cut = cut_rows(counted_.number(), most_);
    kernels::CrossEntropySums sums;
    for (int64_t chunk = 0; chunk < cut.number; ++chunk) {
      const int64_t begin = cut.begin(chunk), end = cut.end(chunk);
      if (counted_.all()) {
        sums += multiply_out<T>({.number = end - begin,
                                 .x = x_.raw() + begin * x_bytes,
                                 .dx = dx_ ? dx_.data<T>() + begin * in : nullptr,
                                 .target = target_.data<int32_t>() + begin},
                                logits);
        continue;
      }
      counted_.gather(begin, end, x_.raw(), some_x.raw(), x_bytes);
      counted_.gather(begin, end, target_.raw(), some_targets.raw(), sizeof(int32_t));
      // Filled up with zeros that do not count, so that few sizes of products come up.
      const int64_t together = end - begin, filled = std::min(round_up(together), most_);
      std::memset(some_x.raw() + together * x_bytes, 0,
                  static_cast<size_t>((filled - together) * x_bytes));
      std::fill(some_targets.data<int32_t>() + together, some_targets.data<int32_t>() + filled,
                kernels::CrossEntropyOptions::kAlwaysIgnored);
      sums += multiply_out<T>({.number = filled,
                               .x = some_x.raw(),
                               .dx = dx_ ? some_dx.data<T>() : nullptr,
                               .target = some_targets.data<int32_t>()},
                              logits);
      if (dx_) counted_.scatter(begin, end, some_dx.raw(), dx_.raw(), dx_bytes);
    }
    if (dx_) counted_.clear_others(dx_.raw(), dx_bytes);
    return sums;
  }

  template <class T>
  kernels::CrossEntropySums multiply_out(const Rows<T>& rows, const Tensor& some_logits) {
    const DType kind = x_.dtype();
    const int64_t in = x_.shape().back(), classes = weight_.var.shape()[0];
    T* const logits = some_logits.data<T>();
    multiply({.m = rows.number, .n = classes, .k = in, .transpose_b = true}, kind, rows.x, in,
             weight_.operand().raw(), in, logits, classes, bias_ ? bias_->value.raw() : nullptr);
    if (!differentiate_) {
      const Tensor for_backward = Tensor::empty({2, most_}, dtype_);
      T* const no_row_loss = nullptr;
      T* const row_max = for_backward.data<T>();
      return kernels::cross_entropy_forward(logits, rows.target, rows.number, classes, options_,
                                            row_max, row_max + rows.number, no_row_loss);
    }
    const auto sums =
        kernels::cross_entropy_in_place(logits, rows.target, rows.number, classes, options_);
    const T* const dlogits = logits;
    const Tensor operand = product_operand(some_logits.slice(0, {rows.number, classes}), operands_);
    const auto dweight = weight_.grad_target();
    multiply(
        {.m = classes, .n = in, .k = rows.number, .transpose_a = true, .accumulate = dweight.adds},
        kind, operand.raw(), classes, rows.x, in, dweight.tensor.raw(), in);
    if (bias_) {
      bias_->clear_old_grad();
      const Tensor scratch =
          Tensor::empty({kernels::column_sum_scratch(rows.number, classes)}, DType::kFloat64);
      kernels::add_column_sums(bias_->grad.data<T>(), dlogits, rows.number, classes,
                               scratch.data<double>());
    }
    // Last, for it may take the place of x.
    if (rows.dx)
      multiply({.m = rows.number, .n = in, .k = classes}, kind, operand.raw(), classes,
               weight_.operand().raw(), in, rows.dx, in);
    return sums;
  }

  WeightUse weight_;
  Param* bias_;
  kernels::CrossEntropyOptions options_;
  Operands operands_;
  bool differentiate_;
  DType dtype_;  // of the features and the logits
  Tensor x_, dx_, target_;
  CountedRows counted_;
  int64_t most_;  // rows of a chunk, and so of memory: the same in every batch, whatever counts
};

}  // namespace

void check_class_target(const Context& ctx, const char* operation, const Shape& logits,
                        const Tensor& target) {
  if (!target) layer_error(ctx, operation, "has no target to compare with");
  if (target.dtype() != DType::kInt32)
    layer_error(
        ctx, operation,
        std::string("expects int32 class numbers as target, found ") + name_of(target.dtype()));
  if (target.numel() * logits.back() != logits.numel())
    layer_error(ctx, operation,
                "expects one target for each row of the logits " + logits.str() +
                    ", found targets of shape " + target.shape().str());
}

bool walks_over_rows(const Context& ctx, const Logits& logits) {
  if (!logits.plain_product()) return false;
  const DType dtype = logits.features.value.dtype();
  const bool one_dtype = dtype == logits.head->weight().value.dtype() &&
                         (dtype == DType::kFloat32 || dtype == DType::kFloat64);
  const bool observed = ctx.observer || (ctx.tape && ctx.tape->observer);
  return one_dtype && !observed && (!ctx.tape || ctx.loss_gradient_is_one);
}

LossResult linear_cross_entropy(Context& ctx, Logits logits, const Tensor& target,
                                const kernels::CrossEntropyOptions& options) {
  Linear& head = *logits.head;
  Param& weight = head.weight();
  Var x = std::move(logits.features);
  const int64_t classes = weight.shape[0], in = weight.shape[1], rows = x.value.rows();
  expect_width(ctx, LinearCrossEntropyOp::kName, x, in);
  check_class_target(ctx, LinearCrossEntropyOp::kName, x.shape().with_back(classes), target);
  kernels::check_classes(target.data<int32_t>(), rows, classes, options);
  Tensor dx;
  if (ctx.tape && x.needs_grad())
    dx = x.value.unique() ? x.value : Tensor::empty(x.shape(), x.value.dtype());
  Walk walk(head.use(ctx), head.bias(), x.value, dx, target, options, ctx.operands,
            ctx.tape != nullptr);
  const kernels::CrossEntropySums sums = walk.run();
  ctx.count_flops(2.0 * static_cast<double>(rows * classes * in));
  LossResult result{.sum = {Tensor::full({1}, x.value.dtype(), sums.loss)},
                    .total = sums.loss,
                    .weight = static_cast<double>(sums.counted),
                    .correct = sums.correct};
  if (auto* op = ctx.record<LinearCrossEntropyOp>({&x}, {&weight, head.bias()}, {&result.sum}))
    op->dx = std::move(dx);
  return result;
}

}  // namespace norma
