#include "layers/moe/moe.h"

#include <algorithm>
#include <utility>

#include "layers/norms/norm.h"

namespace norma {
namespace {

// Which of the experts' rows are in use.
Tensor rows_in_use(const Routing& routing) {
  const int64_t rows = routing.rows.numel(), used = routing.row_count();
  const Tensor mask = Tensor::empty({rows}, DType::kUInt8);
  std::fill_n(mask.data<uint8_t>(), used, uint8_t{1});
  std::fill_n(mask.data<uint8_t>() + used, rows - used, uint8_t{0});
  return mask;
}

int64_t hidden_of(const Ffn::Options& options, int64_t width) {
  const Activation kind = *activation_from_name(options.activation);
  return options.hidden.value_or(Ffn::default_hidden(kind, width));
}

}  // namespace

Moe::Moe(const Scope& scope, const Ffn::Options& options, int64_t width)
    : Module(scope),
      router_(router_registry().at(options.router.type)(scope / "router", options.router, width,
                                                        options.init_std)),
      activation_(*activation_from_name(options.activation)),
      up_(scope / "up", router_->experts(), width, hidden_of(options, width), options.bias,
          options.init_std),
      down_(scope / "down", router_->experts(), up_.out(), width, options.bias,
            options.out_init_std ? options.out_init_std : options.init_std) {
  if (is_gated(activation_))
    gate_.emplace(scope / "gate", router_->experts(), width, up_.out(), options.bias,
                  options.init_std);
  if (options.inner_norm)
    inner_norm_ = make_norm(scope / "inner_norm", options.inner_norm, up_.out());
}

Var Moe::forward(Context& ctx, const Var& x) {
  const auto [routing, gates] = router_->route(ctx, x);
  return combine(ctx, answers(ctx, dispatch(ctx, x, routing), routing), gates, routing, x.shape());
}

Var Moe::answers(Context& ctx, const Var& rows, const Routing& routing) {
  const Scoped valid(ctx.mask, inner_norm_ ? rows_in_use(routing) : Tensor());
  const Var up = up_(ctx, rows, routing);
  const Var hidden = gate_ ? gated_activation(ctx, activation_, (*gate_)(ctx, rows, routing), up)
                           : activation(ctx, activation_, up);
  return down_(ctx, inner_norm_ ? (*inner_norm_)(ctx, hidden) : hidden, routing);
}

std::unique_ptr<Module> make_ffn(const Scope& scope, const Ffn::Options& options, int64_t width) {
  if (options.router) return std::make_unique<Moe>(scope, options, width);
  return std::make_unique<Ffn>(scope, options, width);
}

namespace {

template <class Options>
std::unique_ptr<Module> make(const Scope& scope, const Spec& spec, const LayerInput& input) {
  return make_ffn(scope, options_of<Options>(spec), input.shape.back());
}

struct MoeOptions : Ffn::Options {
  MoeOptions() { router = Spec{"top_k"}; }
};

// `ffn` with a router and `moe` are the same layer.
const bool registered = [] {
  layer_registry().add({"ffn", "the feed-forward part of a transformer",
                        "Vaswani et al. 2017, arXiv:1706.03762", describe_options<Ffn::Options>()},
                       make<Ffn::Options>);
  layer_registry().add({"moe", "a feed-forward part of several experts, some for each token",
                        "Shazeer et al. 2017, arXiv:1701.06538", describe_options<MoeOptions>()},
                       make<MoeOptions>);
  return true;
}();

}  // namespace
}  // namespace norma
