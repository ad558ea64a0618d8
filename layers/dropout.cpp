#include "layers/dropout.h"

#include "core/kernels/dropout.h"
#include "core/kernels/scale_samples.h"
#include "layers/in_place.h"

namespace norma {
namespace {

struct DropoutOp : NamedOp<DropoutOp> {
  static constexpr const char* kName = "dropout";
  double p;
  RandomStream random{0, 0};
  int64_t first_sample;
  void backward(Grads& grads) override;
};

void apply_dropout(const Tensor& y, const Tensor& x, double p, const RandomStream& random,
                   int64_t first_sample) {
  const int64_t batch = x.shape()[0];
  with_float_type(x.dtype(), [&]<class T>() {
    kernels::dropout(y.data<T>(), x.data<T>(), batch, x.numel() / batch, p, random, first_sample);
  });
}

}  // namespace

Var dropout(Context& ctx, const Var& x, double p) {
  if (!ctx.training || p <= 0) return x;
  const RandomStream random = ctx.random();
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  apply_dropout(y.value, x.value, p, random, ctx.first_sample);
  if (auto* op = ctx.record<DropoutOp>({&x}, {}, {&y})) {
    op->p = p;
    op->random = random;
    op->first_sample = ctx.first_sample;
  }
  return y;
}

void DropoutOp::backward(Grads& grads) {
  give_in_place(grads, [&](const Tensor& dx, const Tensor& dy) {
    apply_dropout(dx, dy, p, random, first_sample);
  });
}

double drop_path_at(double last, int64_t layer, int64_t layers) {
  if (layers <= 1) return last;
  return last * static_cast<double>(layer) / static_cast<double>(layers - 1);
}

Tensor drop_scale(Context& ctx, double p, int64_t batch) {
  if (!ctx.training || p <= 0) return {};
  const RandomStream random = ctx.random();
  const Tensor factors = Tensor::empty({batch}, ctx.dtype);
  with_float_type(ctx.dtype, [&]<class T>() {
    kernels::drop_samples(factors.data<T>(), batch, p, random, ctx.first_sample);
  });
  return factors;
}

namespace {

struct StochasticDepthOp : NamedOp<StochasticDepthOp> {
  static constexpr const char* kName = "stochastic_depth";
  Tensor factors;
  void backward(Grads& grads) override;
};

void apply_factors(const Tensor& y, const Tensor& x, const Tensor& factors) {
  const int64_t batch = x.shape()[0];
  with_float_type(x.dtype(), [&]<class T>() {
    kernels::scale_samples(x.data<T>(), T(1), factors.data<T>(), batch, x.numel() / batch,
                           y.data<T>());
  });
}

}  // namespace

Var stochastic_depth(Context& ctx, const Var& x, double p) {
  const Tensor factors = drop_scale(ctx, p, x.shape()[0]);
  if (!factors) return x;
  Var y{Tensor::empty(x.shape(), x.value.dtype())};
  apply_factors(y.value, x.value, factors);
  if (auto* op = ctx.record<StochasticDepthOp>({&x}, {}, {&y})) op->factors = factors;
  return y;
}

void StochasticDepthOp::backward(Grads& grads) {
  give_in_place(grads, [&](const Tensor& dx, const Tensor& dy) { apply_factors(dx, dy, factors); });
}

void Dropout::Options::describe(Fields& f) {
  f.number("p", p, "probability of dropping", {.min = 0, .below = 1});
}

namespace {
const RegisterLayer<Dropout> registered_dropout("dropout",
                                                "zeroes elements at random while training",
                                                "torch.nn.Dropout");
const RegisterLayer<StochasticDepth> registered_depth(
    "stochastic_depth", "drops whole samples at random while training",
    "Huang et al. 2016, arXiv:1603.09382");
}  // namespace

}  // namespace norma
