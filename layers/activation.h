#pragma once

#include "core/kernels/activation.h"
#include "layers/layer_registry.h"

namespace norma {

// y = f(x), element by element. A gated kind throws Error.
Var activation(Context& ctx, Activation kind, const Var& x);

// y = f(gate)·up, equal shapes, for the gated kinds (Shazeer 2020, arXiv:2002.05202).
Var gated_activation(Context& ctx, Activation kind, const Var& gate, const Var& up);

// An activation as a layer of its own.
template <Activation kind>
class ActivationLayer : public Module {
 public:
  struct Options {
    void describe(Fields&) {}
  };
  explicit ActivationLayer(const Scope& scope) : Module(scope) {}
  ActivationLayer(const Scope& scope, const Options&, const LayerInput&) : Module(scope) {}

 protected:
  Var forward(Context& ctx, const Var& x) override { return activation(ctx, kind, x); }
};

}  // namespace norma
