// Adaptive instance normalization: the content's channels get the mean and deviation of the
// style's. Huang, Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance
// Normalization", arXiv:1703.06868; ε and the unbiased variance as its PyTorch repository.
#include "core/kernels/channel_statistics.h"
#include "layers/conditional/conditional_norm.h"
#include "layers/conditional/modulate.h"

namespace norma {
namespace {

struct StyleOp final : NamedOp<StyleOp> {
  static constexpr const char* kName = "channel_statistics";
  Tensor style;
  kernels::ChannelStatistics shape;

  void backward(Grads& grads) override {
    const Tensor &dmean = grads.out(0), &ddeviation = grads.out(1);
    const Tensor dstyle = Tensor::empty(style.shape(), style.dtype());
    with_float_type(style.dtype(), [&]<class T>() {
      kernels::channel_statistics_backward(
          shape, style.data<T>(), dmean ? dmean.data<T>() : nullptr,
          ddeviation ? ddeviation.data<T>() : nullptr, dstyle.data<T>());
    });
    grads.give(0, dstyle);
  }
};

// x (B,…,C) is the content; `ctx.cond` the style's features, of the same rank and channels and any
// number of positions above 1. Nothing is learned.
class AdaInstanceNorm final : public ConditionalNorm {
 public:
  struct Options {
    Spec norm{"instance_norm"};
    double eps = 1e-5;
    Options() { norm = with_option(norm, "unbiased", true); }
    void describe(Fields& f) {
      describe_norm(f, norm);
      f.number("eps", eps, "added to the style's variance", {.min = 0});
    }
  };
  AdaInstanceNorm(const Scope& scope, const Options& options, const LayerInput& input)
      : ConditionalNorm(scope, "ada_instance_norm", options.norm, input), eps_(options.eps) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const auto [mean, deviation] = statistics_of_style(ctx, x);
    return modulate(ctx, normalized(ctx, x), 0, {&deviation}, {&mean});
  }

 private:
  std::pair<Var, Var> statistics_of_style(Context& ctx, const Var& x) {
    const Var& style = ctx.cond;
    if (!style.value || style.shape().back() != channels() || style.shape()[0] != x.shape()[0] ||
        style.shape().rank() != x.shape().rank() || nsc_of(style.shape()).s < 2)
      throw Error(place() + "expects `cond` to be a style with the channels of the content " +
                  x.shape().str() + " at two positions or more, found " +
                  (style.value ? style.shape().str() : "none"));
    StyleOp op;
    op.style = style.value;
    const Nsc size = nsc_of(style.shape());
    op.shape = {.samples = size.n, .positions = size.s, .channels = size.c, .eps = eps_};
    Var mean{Tensor::empty({size.n, size.c}, style.value.dtype())};
    Var deviation{Tensor::empty({size.n, size.c}, style.value.dtype())};
    with_float_type(style.value.dtype(), [&]<class T>() {
      kernels::channel_statistics(op.shape, style.value.data<T>(), mean.value.data<T>(),
                                  deviation.value.data<T>());
    });
    if (auto* node = ctx.record<StyleOp>({&style}, {}, {&mean, &deviation})) *node = std::move(op);
    return {mean, deviation};
  }

  double eps_;
};

const RegisterLayer<AdaInstanceNorm> registered_ada_instance_norm(
    "ada_instance_norm", "σ(cond) norm(x) + mean(cond), a channel at a time",
    "Huang, Belongie 2017, arXiv:1703.06868");

}  // namespace
}  // namespace norma
