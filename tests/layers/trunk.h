#pragma once

#include "core/config/config.h"
#include "core/rng.h"
#include "layers/elementwise.h"
#include "layers/residual/placement.h"
#include "models/transformer.h"

// A stack of blocks by itself, for tests of what a placement makes of it.
namespace norma::trunk {

inline constexpr int64_t kLayers = 6, kWidth = 64, kHeads = 4, kHidden = 96;
inline constexpr double kStd = 0.05;

inline TransformerOptions options_with(const Json& placement, int64_t layers = kLayers) {
  TransformerOptions options;
  options.layers = layers;
  options.width = kWidth;
  options.heads = kHeads;
  options.hidden = kHidden;
  options.init_std = kStd;
  options.placement = make_spec(placement, placement_registry(), "the placement");
  return options;
}

class Trunk : public Module {
 public:
  Trunk(const Scope& scope, const TransformerOptions& options)
      : Module(scope), trunk_(scope, options, options.block(true, false, 10000)) {}

 protected:
  Var forward(Context& ctx, const Var& x) override {
    const Scoped condition(ctx.cond, select_position(ctx, x, 0));
    return trunk_(ctx, x);
  }

 private:
  Transformer trunk_;
};

inline Var random_input(const Shape& shape) {
  Tensor x = Tensor::empty(shape, DType::kFloat64);
  RandomSequence random(RandomStream(5, 1));
  for (int64_t i = 0; i < x.numel(); ++i) x.data<double>()[i] = random.normal();
  return {x};
}

}  // namespace norma::trunk
