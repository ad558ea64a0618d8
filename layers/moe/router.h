#pragma once

#include <memory>

#include "core/config/registry.h"
#include "core/kernels/moe.h"
#include "layers/module.h"

namespace norma {

// Where the tokens of one forward go; the arrays of kernels::assign_rows.
struct Routing {
  kernels::MoeShape shape{};
  Tensor chosen, rows, token, first;  // int32
  int64_t row_count() const { return first.data<int32_t>()[shape.experts]; }
};

// Chooses experts for each position of x (B,T,C), or (B,C), and weighs their answers. Positions
// that the context's mask hides go nowhere. Terms that keep the experts evenly used are added to
// the training loss.
class Router : public Module {
 public:
  using Module::Module;
  struct Choice {
    Routing routing;
    Var gates;  // (tokens, k): the weight of each chosen expert's answer
  };
  Choice route(Context& ctx, const Var& x) {
    const PathScope here(ctx, path());
    return choose(ctx, x);
  }
  virtual int64_t experts() const = 0;

 protected:
  virtual Choice choose(Context& ctx, const Var& x) = 0;
  // As a module of its own it gives its gates.
  Var forward(Context& ctx, const Var& x) final { return choose(ctx, x).gates; }
};

// What is known by name as "router". Made from the width of its input and the deviation of normal
// initial weights, or nothing for the linear layer's default.
using MakeRouter = std::unique_ptr<Router> (*)(const Scope&, const Spec&, int64_t width,
                                               std::optional<double> init_std);
Registry<MakeRouter>& router_registry();

// Registers router R, constructed from (scope, R::Options, width, init_std).
template <class R>
struct RegisterRouter {
  RegisterRouter(const char* type, const char* summary, const char* source) {
    router_registry().add({type, summary, source, describe_options<typename R::Options>()},
                          [](const Scope& scope, const Spec& spec, int64_t width,
                             std::optional<double> init_std) -> std::unique_ptr<Router> {
                            return std::make_unique<R>(scope, options_of<typename R::Options>(spec),
                                                       width, init_std);
                          });
  }
};

}  // namespace norma
