#include "layers/ffn.h"

#include "layers/norms/norm.h"

namespace norma {
namespace {

Activation activation_named(const std::string& name) {
  if (const auto kind = activation_from_name(name)) return *kind;
  throw Error("[ffn] knows no activation called '" + name + "'");
}

}  // namespace

void Ffn::Options::describe(Fields& f) {
  f.maybe_integer("hidden", hidden,
                  "features between the products; null = 4 × width, gated 8/3 × width rounded up "
                  "to a multiple of 32",
                  {.min = 1});
  f.choice("activation", activation,
           {"gelu", "gelu_tanh", "silu", "relu", "relu2", "swiglu", "geglu"},
           "the function between them");
  f.flag("bias", bias, "biases in all projections");
  f.spec("inner_norm", inner_norm, norm_registry(), "norm before the projection down");
  f.maybe_number("init_std", init_std,
                 "deviation of normal initial weights; null = the linear layer's default",
                 {.min = 0});
  f.maybe_number("out_init_std", out_init_std, "the same for the projection down; null = init_std",
                 {.min = 0});
  describe_reparam(f, reparam);
}

int64_t Ffn::default_hidden(Activation kind, int64_t width) {
  if (!is_gated(kind)) return 4 * width;
  constexpr int64_t kMultiple = 32;
  const int64_t wanted = (8 * width + 2) / 3;
  return (wanted + kMultiple - 1) / kMultiple * kMultiple;
}

Ffn::Ffn(const Scope& scope, const Options& options, int64_t width)
    : Module(scope),
      activation_(activation_named(options.activation)),
      up_(scope / "up", width, options.hidden.value_or(default_hidden(activation_, width)),
          options.bias, normal_init(options.init_std), options.reparam),
      down_(scope / "down", up_.weight().shape[0], width, options.bias,
            normal_init(options.out_init_std ? options.out_init_std : options.init_std),
            options.reparam) {
  if (is_gated(activation_))
    gate_.emplace(scope / "gate", width, up_.weight().shape[0], options.bias,
                  normal_init(options.init_std), options.reparam);
  if (options.inner_norm)
    inner_norm_ = make_norm(scope / "inner_norm", options.inner_norm, up_.weight().shape[0]);
}

Var Ffn::forward(Context& ctx, const Var& x) {
  const Var up = up_(ctx, x);
  const Var hidden = gate_ ? gated_activation(ctx, activation_, (*gate_)(ctx, x), up)
                           : activation(ctx, activation_, up);
  return down_(ctx, inner_norm_ ? (*inner_norm_)(ctx, hidden) : hidden);
}

namespace {
const RegisterLayer<Ffn> registered("ffn", "the feed-forward part of a transformer",
                                    "Vaswani et al. 2017, arXiv:1706.03762");
}  // namespace

}  // namespace norma
