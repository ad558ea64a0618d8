#include "layers/ffn.h"

#include <cmath>

#include "layers/column_gain.h"
#include "layers/moe/router.h"
#include "layers/norms/norm.h"
#include "layers/weights/unit_weight.h"

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
  f.spec("router", router, router_registry(),
         "chooses among several such networks, the experts, for each token; null = one for all");
  f.rule(!router || !reparam, "reparam", "null where `router` chooses among experts");
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
      gain_factor_(std::sqrt(static_cast<double>(width))),
      up_(scope / "up", width, options.hidden.value_or(default_hidden(activation_, width)),
          options.bias, normal_init(options.init_std),
          reparam_of_projection(options.unit_sphere, false, options.reparam)),
      down_(scope / "down", up_.weight().shape[0], width, options.bias,
            normal_init(options.out_init_std ? options.out_init_std : options.init_std),
            reparam_of_projection(options.unit_sphere, true, options.reparam)) {
  if (is_gated(activation_))
    gate_.emplace(scope / "gate", width, up_.weight().shape[0], options.bias,
                  normal_init(options.init_std),
                  reparam_of_projection(options.unit_sphere, false, options.reparam));
  const auto gain_of = [&](const char* name) {
    return &scope.param(name, {up_.weight().shape[0]}, ParamKind::kGain, Init::constant(1));
  };
  if (options.unit_sphere) up_gain_ = gain_of("up_gain");
  if (options.unit_sphere && gate_) gate_gain_ = gain_of("gate_gain");
  if (options.inner_norm)
    inner_norm_ = make_norm(scope / "inner_norm", options.inner_norm, up_.weight().shape[0]);
}

// On the unit sphere products are cosines, of deviation 1/√width: the gains make up for it.
Var Ffn::hidden(Context& ctx, Linear& projection, Param* gain, const Var& x) const {
  const Var y = projection(ctx, x);
  return gain ? column_gain(ctx, y, *gain, gain_factor_) : y;
}

Var Ffn::forward(Context& ctx, const Var& x) {
  const Var up = hidden(ctx, up_, up_gain_, x);
  const Var hidden =
      gate_ ? gated_activation(ctx, activation_, this->hidden(ctx, *gate_, gate_gain_, x), up)
            : activation(ctx, activation_, up);
  return down_(ctx, inner_norm_ ? (*inner_norm_)(ctx, hidden) : hidden);
}

}  // namespace norma
