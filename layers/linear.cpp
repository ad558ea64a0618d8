#include "layers/linear.h"

#include <cmath>

#include "core/kernels/column_sum.h"
#include "layers/layer_error.h"
#include "layers/linear_map.h"
#include "layers/product.h"

namespace norma {
namespace {

struct LinearOp final : NamedOp<LinearOp>, LinearMapOp {
  static constexpr const char* kName = "linear";
  Kept x;  // as products read it; as it was where it is remade
  WeightUse weight;
  Operands operands;
  Param* bias;
  void backward(Grads& grads) override;
  const Param* assigns_grad_of() const override { return weight.learned; }
  LinearMap linear_map() const override { return {.weight = weight, .bias = bias}; }
};

}  // namespace

Var linear(Context& ctx, const Var& x, const WeightUse& weight, Param* bias) {
  const Shape& shape = weight.var.shape();
  const int64_t out = shape[0], in = shape[1], rows = x.value.rows();
  expect_width(ctx, LinearOp::kName, x, in);
  Var y{Tensor::empty(x.shape().with_back(out), x.value.dtype())};
  const Tensor operand = product_operand(x.value, ctx.operands);
  multiply({.m = rows, .n = out, .k = in, .transpose_b = true}, operand.dtype(), operand.raw(), in,
           weight.operand().raw(), in, y.value.raw(), out, bias ? bias->value.raw() : nullptr);
  ctx.count_flops(2.0 * static_cast<double>(rows * out * in));
  if (auto* op = ctx.record<LinearOp>({&x, &weight.var}, {weight.learned, bias}, {&y})) {
    op->x = Kept(x.origin ? x : Var{operand});
    op->weight = weight;
    op->operands = ctx.operands;
    op->bias = bias;
  }
  return y;
}

// dx = dy W,  dW += dyᵀ x,  db += Σ dy over rows.
void LinearOp::backward(Grads& grads) {
  const Tensor& dy = grads.out();
  const DType dtype = dy.dtype();
  const Tensor x =
      this->x.is_remade() ? product_operand(this->x.tensor(), operands) : this->x.tensor();
  const int64_t out = dy.shape().back(), in = x.shape().back(), rows = x.rows();
  const auto dweight = weight.grad_target();
  const Tensor dy_operand = product_operand(dy, operands);
  multiply({.m = out, .n = in, .k = rows, .transpose_a = true, .accumulate = dweight.adds},
           x.dtype(), dy_operand.raw(), out, x.raw(), in, dweight.tensor.raw(), in);
  if (!weight.learned) grads.give(1, dweight.tensor);
  if (bias) {
    const Tensor scratch = Tensor::empty({kernels::column_sum_scratch(rows, out)}, DType::kFloat64);
    with_float_type(dtype, [&]<class T>() {
      kernels::add_column_sums(bias->grad.data<T>(), dy.data<T>(), rows, out,
                               scratch.data<double>());
    });
  }
  if (!grads.wants(0)) return;
  const Tensor dx = Tensor::empty(x.shape(), dtype);
  multiply({.m = rows, .n = in, .k = out}, x.dtype(), dy_operand.raw(), out, weight.operand().raw(),
           in, dx.raw(), in);
  grads.give(0, dx);
}

void Linear::Options::describe(Fields& f) {
  f.integer("out", out, "features of the output", {.required = true, .min = 1});
  f.flag("bias", bias, "add a learned bias");
  f.maybe_number("init_std", init_std,
                 "deviation of normal initial weights, with zero biases; null = uniform within "
                 "±1/√in",
                 {.min = 0});
  describe_reparam(f, reparam);
}

Linear::Linear(const Scope& scope, const Options& options, const LayerInput& input)
    : Linear(scope, input.shape.back(), options.out, options.bias, normal_init(options.init_std),
             options.reparam) {}

namespace {
Init standard_init(int64_t in) { return Init::uniform(1.0 / std::sqrt(static_cast<double>(in))); }
}  // namespace

Linear::Linear(const Scope& scope, int64_t in, int64_t out, bool bias, std::optional<Init> init,
               const Spec& reparam)
    : Module(scope), weight_(scope, reparam, {out, in}, init.value_or(standard_init(in))) {
  if (bias)
    bias_ =
        &scope.param("bias", {out}, ParamKind::kBias, init ? Init::constant(0) : standard_init(in));
}

Linear::Linear(const Scope& scope, Param& shared_weight) : Module(scope), weight_(shared_weight) {}

std::optional<Init> normal_init(std::optional<double> deviation) {
  if (!deviation) return std::nullopt;
  return Init::normal(*deviation);
}

namespace {
const RegisterLayer<Linear> registered_linear("linear", "y = x Wᵀ + b over the last axis",
                                              "torch.nn.Linear");
}  // namespace

}  // namespace norma
