#include "layers/recurrent.h"

#include "core/gemm.h"
#include "core/kernels/add.h"
#include "core/kernels/column_sum.h"
#include "core/kernels/copy_columns.h"
#include "core/kernels/embedding.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

// Copies position t of x (B,T,C) to step (B,C), or the other way; step may be null: zeros.
void take_position(const Tensor& step, const Tensor& x, int64_t t) {
  const int64_t bytes = x.shape()[2] * static_cast<int64_t>(size_of(x.dtype()));
  kernels::copy_columns(step.raw(), bytes, x.raw() + t * bytes, x.shape()[1] * bytes, x.shape()[0],
                        bytes);
}
void put_position(const Tensor& x, const Tensor& step, int64_t t) {
  const int64_t bytes = x.shape()[2] * static_cast<int64_t>(size_of(x.dtype()));
  kernels::copy_columns(x.raw() + t * bytes, x.shape()[1] * bytes, step ? step.raw() : nullptr,
                        bytes, x.shape()[0], bytes);
}

// Pointers to the elements of a list, for the tape.
template <class T>
std::vector<T*>& pointers_to(std::vector<T>& list) {
  thread_local std::vector<T*> pointers;
  pointers.clear();
  for (T& item : list) pointers.push_back(&item);
  return pointers;
}

struct UnstackOp : NamedOp<UnstackOp> {
  static constexpr const char* kName = "unstack";
  Shape shape;
  DType dtype;
  Param* bias;
  void backward(Grads& grads) override {
    const Tensor dx = Tensor::empty(shape, dtype);
    for (int64_t t = 0; t < shape[1]; ++t) put_position(dx, grads.out(static_cast<int>(t)), t);
    if (bias) {
      const int64_t rows = dx.rows(), width = shape[2];
      const Tensor scratch =
          Tensor::empty({kernels::column_sum_scratch(rows, width)}, DType::kFloat64);
      with_float_type(dtype, [&]<class T>() {
        kernels::add_column_sums(bias->grad.data<T>(), dx.data<T>(), rows, width,
                                 scratch.data<double>());
      });
    }
    grads.give(0, dx);
  }
};

struct StackOp : NamedOp<StackOp> {
  static constexpr const char* kName = "stack";
  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Shape step{dy.shape()[0], dy.shape()[2]};
    for (int64_t t = 0; t < dy.shape()[1]; ++t) {
      if (!grads.wants(static_cast<int>(t))) continue;
      const Tensor dstep = Tensor::empty(step, dy.dtype());
      take_position(dstep, dy, t);
      grads.give(static_cast<int>(t), dstep);
    }
  }
};

}  // namespace

void unstack(Context& ctx, const Var& x, Param* bias, std::vector<Var>& steps) {
  if (x.shape().rank() != 3)
    layer_error(ctx, UnstackOp::kName, "expects (B,T,C), found shape " + x.shape().str());
  const Nsc size = nsc_of(x.shape());
  steps.assign(static_cast<size_t>(size.s), Var());
  for (int64_t t = 0; t < size.s; ++t) {
    const Tensor step = Tensor::empty({size.n, size.c}, x.value.dtype());
    take_position(step, x.value, t);
    if (bias)
      with_float_type(step.dtype(), [&]<class T>() {
        kernels::add_per_position(step.data<T>(), step.data<T>(), bias->value.data<T>(), size.n, 1,
                                  size.c);
      });
    steps[static_cast<size_t>(t)].value = step;
  }
  const Var* const input = &x;
  Param* const learned[] = {bias};
  if (auto* op = ctx.record<UnstackOp>(std::span(&input, 1), learned,
                                       std::span<Var* const>(pointers_to(steps)))) {
    op->shape = x.shape();
    op->dtype = x.value.dtype();
    op->bias = bias;
  }
}

Var stack(Context& ctx, const std::vector<Var>& steps) {
  const Shape& step = steps.front().shape();
  Var y{Tensor::empty({step[0], std::ssize(steps), step[1]}, steps.front().value.dtype())};
  thread_local std::vector<const Var*> inputs;
  inputs.clear();
  for (const Var& each : steps) {
    put_position(y.value, each.value, std::ssize(inputs));
    inputs.push_back(&each);
  }
  Var* const output = &y;
  ctx.record<StackOp>(std::span<const Var* const>(inputs), std::span<Param* const>(),
                      std::span(&output, 1));
  inputs.clear();
  return y;
}

struct RecurrentProduct::Op : NamedOp<RecurrentProduct::Op> {
  static constexpr const char* kName = "recurrent_product";
  WeightUse weight;
  Tensor states;
  std::shared_ptr<Gradients> gradients;
  int64_t t;

  int64_t steps() const { return states.shape()[0]; }
  int64_t batch() const { return states.shape()[1]; }
  int64_t in() const { return states.shape()[2]; }
  int64_t out() const { return weight.var.shape()[0]; }

  const Param* assigns_grad_of() const override { return weight.learned; }

  // dh = dy W at once; dW = Σ_t dy_tᵀ h_t when the walk has come to the first step.
  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const DType dtype = dy.dtype();
    if (!gradients->outputs) gradients->outputs = Tensor::zeros({steps(), batch(), out()}, dtype);
    const Shape step{batch(), out()};
    gradients->outputs.slice(t * step.numel(), step).copy_from(dy);
    if (grads.wants(0)) {
      const Tensor dh = Tensor::empty({batch(), in()}, dtype);
      gemm(dtype, {.m = batch(), .n = in(), .k = out()}, dy.raw(), out(), weight.tensor().raw(),
           in(), dh.raw(), in());
      grads.give(0, dh);
    }
    if (t > 0) return;
    const auto dweight = weight.grad_target();
    gemm(dtype,
         {.m = out(),
          .n = in(),
          .k = steps() * batch(),
          .transpose_a = true,
          .accumulate = dweight.adds},
         gradients->outputs.raw(), out(), states.raw(), in(), dweight.tensor.raw(), in());
    if (!weight.learned) grads.give(1, dweight.tensor);
  }
};

RecurrentProduct::RecurrentProduct(WeightUse weight, int64_t steps, int64_t batch)
    : weight_(std::move(weight)),
      steps_(steps),
      batch_(batch),
      states_(Tensor::empty({steps, batch, weight_.var.shape()[1]}, weight_.tensor().dtype())),
      gradients_(std::make_shared<Gradients>()) {}

Tensor RecurrentProduct::state(int64_t t) const {
  const Shape shape{batch_, weight_.var.shape()[1]};
  return states_.slice(t * shape.numel(), shape);
}

Var RecurrentProduct::operator()(Context& ctx, const Var& h, int64_t t) {
  const int64_t out = weight_.var.shape()[0], in = weight_.var.shape()[1];
  Var y{Tensor::empty({batch_, out}, h.value.dtype())};
  gemm(h.value.dtype(), {.m = batch_, .n = out, .k = in, .transpose_b = true}, h.value.raw(), in,
       weight_.tensor().raw(), in, y.value.raw(), out);
  ctx.count_flops(2.0 * static_cast<double>(batch_ * out * in));
  if (auto* op = ctx.record<Op>({&h, &weight_.var}, {weight_.learned}, {&y})) {
    op->weight = weight_;
    op->states = states_;
    op->gradients = gradients_;
    op->t = t;
  }
  return y;
}

}  // namespace norma
