#include "layers/activation.h"

#include "layers/in_place.h"
#include "layers/layer_error.h"

namespace norma {
namespace {

Tensor activated(Activation kind, const Tensor& x) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  with_float_type(y.dtype(), [&]<class T>() {
    kernels::activation_forward(kind, y.data<T>(), x.data<T>(), x.numel());
  });
  return y;
}

struct ActivationOp : NamedOp<ActivationOp>, Remakes {
  static constexpr const char* kName = "activation";
  Activation kind;
  Tensor x;
  Tensor remake() const override { return activated(kind, x); }
  void backward(Grads& grads) override;
};

}  // namespace

Var activation(Context& ctx, Activation kind, const Var& x) {
  Var y{activated(kind, x.value)};
  if (auto* op = ctx.record<ActivationOp>({&x}, {}, {&y})) {
    op->kind = kind;
    op->x = x.value;
    if (ctx.recompute == Recompute::kNormsAndActivations) y.origin = op;
  }
  return y;
}

void ActivationOp::backward(Grads& grads) {
  give_in_place(grads, [&](const Tensor& dx, const Tensor& dy) {
    with_float_type(dx.dtype(), [&]<class T>() {
      kernels::activation_backward(kind, dx.data<T>(), dy.data<T>(), x.data<T>(), x.numel());
    });
  });
}

namespace {

Tensor gated(Activation kind, const Tensor& gate, const Tensor& up) {
  Tensor y = Tensor::empty(up.shape(), up.dtype());
  const int64_t rows = up.rows(), width = up.shape().back();
  with_float_type(y.dtype(), [&]<class T>() {
    kernels::gated_forward<T>(kind, {y.data<T>(), width}, {gate.data<T>(), width},
                              {up.data<T>(), width}, rows, width);
  });
  return y;
}

struct GatedActivationOp : NamedOp<GatedActivationOp>, Remakes {
  static constexpr const char* kName = "gated_activation";
  Activation kind;
  Tensor gate, up;
  Tensor remake() const override { return gated(kind, gate, up); }
  void backward(Grads& grads) override;
};

}  // namespace

Var gated_activation(Context& ctx, Activation kind, const Var& gate, const Var& up) {
  if (!(gate.shape() == up.shape()))
    layer_error(ctx, GatedActivationOp::kName,
                "expects a gate of the shape of its input, found " + gate.shape().str() + " and " +
                    up.shape().str());
  Var y{gated(kind, gate.value, up.value)};
  if (auto* op = ctx.record<GatedActivationOp>({&gate, &up}, {}, {&y})) {
    op->kind = kind;
    op->gate = gate.value;
    op->up = up.value;
    if (ctx.recompute == Recompute::kNormsAndActivations) y.origin = op;
  }
  return y;
}

void GatedActivationOp::backward(Grads& grads) {
  const Tensor& dy = grads.out();
  const int64_t rows = up.rows(), width = up.shape().back();
  const Tensor dgate = Tensor::empty(gate.shape(), dy.dtype());
  const Tensor dup = Tensor::empty(up.shape(), dy.dtype());
  with_float_type(dy.dtype(), [&]<class T>() {
    kernels::gated_backward<T>(kind, {dgate.data<T>(), width}, {dup.data<T>(), width},
                               {dy.data<T>(), width}, {gate.data<T>(), width},
                               {up.data<T>(), width}, rows, width);
  });
  grads.give(0, dgate);
  grads.give(1, dup);
}

namespace {
template <Activation kind>
using RegisterActivation = RegisterLayer<ActivationLayer<kind>>;
const RegisterActivation<Activation::kRelu> registered_relu("relu", "max(x, 0)",
                                                            "torch.nn.functional.relu");
const RegisterActivation<Activation::kRelu2> registered_relu2("relu2", "max(x, 0)²",
                                                              "So et al. 2021, arXiv:2109.08668");
const RegisterActivation<Activation::kGelu> registered_gelu("gelu", "x·Φ(x), exact",
                                                            "torch.nn.functional.gelu");
const RegisterActivation<Activation::kGeluTanh> registered_gelu_tanh(
    "gelu_tanh", "x·Φ(x), approximated by tanh", "torch.nn.functional.gelu(approximate='tanh')");
const RegisterActivation<Activation::kSilu> registered_silu("silu", "x·σ(x)",
                                                            "torch.nn.functional.silu");
const RegisterActivation<Activation::kTanh> registered_tanh("tanh", "tanh(x)", "torch.tanh");
const RegisterActivation<Activation::kSigmoid> registered_sigmoid("sigmoid", "1/(1 + exp(−x))",
                                                                  "torch.sigmoid");
}  // namespace

}  // namespace norma
