#include "layers/moe/expert_linear.h"

#include <cmath>

#include "core/gemm.h"
#include "core/kernels/column_sum.h"
#include "core/kernels/embedding.h"
#include "layers/layer_error.h"
#include "layers/linear.h"

namespace norma {
namespace {

void zero_from(const Tensor& rows, int64_t first) {
  const Shape& shape = rows.shape();
  rows.slice(first * shape[1], {shape[0] - first, shape[1]}).zero();
}

struct ExpertLinearOp : NamedOp<ExpertLinearOp> {
  static constexpr const char* kName = "expert_linear";
  Tensor x, first;
  Param *weight, *bias;

  int64_t experts() const { return weight->shape[0]; }
  int64_t out() const { return weight->shape[1]; }
  int64_t in() const { return weight->shape[2]; }
  // Calls body(expert, first row, rows) for every expert that has rows.
  template <class Body>
  void for_each_expert(Body body) const {
    const int32_t* const begin = first.data<int32_t>();
    for (int64_t e = 0; e < experts(); ++e)
      if (begin[e + 1] > begin[e]) body(e, begin[e], begin[e + 1] - begin[e]);
  }
  int64_t rows_in_use() const { return first.data<int32_t>()[experts()]; }
  static std::byte* at(const Tensor& tensor, int64_t element) {
    return tensor.raw() + static_cast<size_t>(element) * size_of(tensor.dtype());
  }

  void forward(const Tensor& y) const {
    zero_from(y, rows_in_use());
    for_each_expert([&](int64_t e, int64_t row, int64_t rows) {
      gemm(x.dtype(), {.m = rows, .n = out(), .k = in(), .transpose_b = true}, at(x, row * in()),
           in(), at(weight->value, e * out() * in()), in(), at(y, row * out()), out(),
           bias ? at(bias->value, e * out()) : nullptr);
    });
  }

  // As of a linear layer, expert by expert.
  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor dx = grads.wants(0) ? Tensor::empty(x.shape(), x.dtype()) : Tensor();
    if (dx) zero_from(dx, rows_in_use());
    for_each_expert([&](int64_t e, int64_t row, int64_t rows) {
      const std::byte* const dy_rows = at(dy, row * out());
      gemm(x.dtype(), {.m = out(), .n = in(), .k = rows, .transpose_a = true, .accumulate = true},
           dy_rows, out(), at(x, row * in()), in(), at(weight->grad, e * out() * in()), in());
      if (bias) add_bias_gradient(dy, e, row, rows);
      if (dx)
        gemm(x.dtype(), {.m = rows, .n = in(), .k = out()}, dy_rows, out(),
             at(weight->value, e * out() * in()), in(), at(dx, row * in()), in());
    });
    if (dx) grads.give(0, dx);
  }
  void add_bias_gradient(const Tensor& dy, int64_t e, int64_t row, int64_t rows) const {
    const Tensor scratch =
        Tensor::empty({kernels::column_sum_scratch(rows, out())}, DType::kFloat64);
    with_float_type(dy.dtype(), [&]<class T>() {
      kernels::add_column_sums(bias->grad.data<T>() + e * out(), dy.data<T>() + row * out(), rows,
                               out(), scratch.data<double>());
    });
  }
};

}  // namespace

// Each expert's weights start as a linear layer's do.
ExpertLinear::ExpertLinear(const Scope& scope, int64_t experts, int64_t in, int64_t out, bool bias,
                           std::optional<double> init_std)
    : Module(scope) {
  const Init usual = Init::uniform(1 / std::sqrt(static_cast<double>(in)));
  const std::optional<Init> chosen = normal_init(init_std);
  weight_ = &scope.param("weight", {experts, out, in}, ParamKind::kWeight, chosen.value_or(usual));
  if (bias)
    bias_ =
        &scope.param("bias", {experts, out}, ParamKind::kBias, chosen ? Init::constant(0) : usual);
}

Var ExpertLinear::operator()(Context& ctx, const Var& x, const Routing& routing) {
  const PathScope here(ctx, path());
  expect_width(ctx, ExpertLinearOp::kName, x, weight_->shape[2]);
  ExpertLinearOp op;
  op.x = x.value;
  op.first = routing.first;
  op.weight = weight_;
  op.bias = bias_;
  Var y{Tensor::empty(x.shape().with_back(out()), x.value.dtype())};
  op.forward(y.value);
  ctx.count_flops(2.0 * static_cast<double>(op.rows_in_use() * op.in() * op.out()));
  if (auto* node = ctx.record<ExpertLinearOp>({&x}, {weight_, bias_}, {&y})) *node = std::move(op);
  return y;
}

Var ExpertLinear::forward(Context& ctx, const Var&) {
  layer_error(ctx, ExpertLinearOp::kName, "needs a routing beside its input");
}

namespace {

struct DispatchOp : NamedOp<DispatchOp> {
  static constexpr const char* kName = "dispatch";
  Routing routing;
  Shape shape;
  void backward(Grads& grads) override {
    const Tensor& drows = grads.out();
    const Tensor dx = Tensor::empty(shape, drows.dtype());
    with_float_type(dx.dtype(), [&]<class T>() {
      const T* const unweighted = nullptr;
      kernels::combine_rows(dx.data<T>(), drows.data<T>(), routing.rows.data<int32_t>(), unweighted,
                            routing.shape.tokens(), routing.shape.k, shape.back());
    });
    grads.give(0, dx);
  }
};

struct CombineOp : NamedOp<CombineOp> {
  static constexpr const char* kName = "combine";
  Routing routing;
  Tensor rows, gates;
  void backward(Grads& grads) override {
    const Tensor& dy = grads.out();
    const Tensor drows = Tensor::empty(rows.shape(), dy.dtype());
    const Tensor dgates = Tensor::empty(gates.shape(), dy.dtype());
    with_float_type(dy.dtype(), [&]<class T>() {
      kernels::combine_rows_backward(drows.data<T>(), dgates.data<T>(), dy.data<T>(),
                                     rows.data<T>(), routing.rows.data<int32_t>(), gates.data<T>(),
                                     routing.shape.tokens(), routing.shape.k, rows.shape().back());
    });
    zero_from(drows, routing.row_count());
    grads.give(0, drows);
    grads.give(1, dgates);
  }
};

}  // namespace

Var dispatch(Context& ctx, const Var& x, const Routing& routing) {
  const int64_t rows = routing.row_count(), width = x.shape().back();
  Var y{Tensor::empty({routing.shape.tokens() * routing.shape.k, width}, x.value.dtype())};
  zero_from(y.value, rows);
  with_float_type(x.value.dtype(), [&]<class T>() {
    kernels::gather_rows(y.value.data<T>(), x.value.data<T>(), routing.token.data<int32_t>(), rows,
                         width);
  });
  if (auto* op = ctx.record<DispatchOp>({&x}, {}, {&y})) {
    op->routing = routing;
    op->shape = x.shape();
  }
  return y;
}

Var combine(Context& ctx, const Var& rows, const Var& gates, const Routing& routing,
            const Shape& shape) {
  Var y{Tensor::empty(shape, rows.value.dtype())};
  with_float_type(y.value.dtype(), [&]<class T>() {
    kernels::combine_rows(y.value.data<T>(), rows.value.data<T>(), routing.rows.data<int32_t>(),
                          gates.value.data<T>(), routing.shape.tokens(), routing.shape.k,
                          shape.back());
  });
  if (auto* op = ctx.record<CombineOp>({&rows, &gates}, {}, {&y})) {
    op->routing = routing;
    op->rows = rows.value;
    op->gates = gates.value;
  }
  return y;
}

}  // namespace norma
