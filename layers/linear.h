#pragma once

#include <optional>

#include "layers/layer_registry.h"
#include "layers/weights/reparam.h"

namespace norma {

// y = x Wᵀ + b over the last axis: x (…, in), weight (out, in), bias (out) or null → (…, out).
Var linear(Context& ctx, const Var& x, const WeightUse& weight, Param* bias);

// The affine map between features. State: `weight` (out, in), or what its re-parametrization learns
// instead; `bias` (out).
class Linear : public Module {
 public:
  struct Options {
    int64_t out = 1;
    bool bias = true;
    std::optional<double> init_std = {};
    Spec reparam = {};
    void describe(Fields& f);
  };
  Linear(const Scope& scope, const Options& options, const LayerInput& input);
  // Without `init`, weight and bias are uniform within ±1/√in, PyTorch's default; with it, the
  // weight is drawn by `init` and the bias starts at zero.
  Linear(const Scope& scope, int64_t in, int64_t out, bool bias = true,
         std::optional<Init> init = {}, const Spec& reparam = {});
  // Uses a weight (out, in) that belongs to another layer, as tied embeddings do. No bias.
  Linear(const Scope& scope, Param& shared_weight);

  // The learned parameter of the weight's shape.
  Param& weight() const { return weight_.leaf(); }
  Param* bias() const { return bias_; }
  // The weight of this forward, for those who carry out the product themselves.
  WeightUse use(Context& ctx) { return weight_.use_in_products(ctx); }
  bool reparametrized() const { return weight_.reparametrized(); }

 protected:
  Var forward(Context& ctx, const Var& x) override { return linear(ctx, x, use(ctx), bias_); }

 private:
  Weight weight_;
  Param* bias_ = nullptr;
};

// Normal with the given deviation, or nothing chosen: how an `init_std` option becomes an Init.
std::optional<Init> normal_init(std::optional<double> deviation);

}  // namespace norma
