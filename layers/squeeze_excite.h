#pragma once

#include "layers/linear.h"

namespace norma {

// factor · x (B,H,W,C) or (B,T,C) · gate (B,C).
Var scale_channels(Context& ctx, const Var& x, const Var& gate, double factor = 1);

// Squeeze-and-excitation (Hu, Shen, Sun 2017, arXiv:1709.01507): every channel of an image times a
// gate in (0, 1) that the means of all channels decide, σ(expand(relu(reduce(mean x)))). State:
// `reduce.*`, `expand.*`.
class SqueezeExcite : public Module {
 public:
  struct Options {
    double ratio = 0.5, factor = 1;
    void describe(Fields& f);
  };
  SqueezeExcite(const Scope& scope, const Options& options, int64_t channels);
  SqueezeExcite(const Scope& scope, const Options& options, const LayerInput& input)
      : SqueezeExcite(scope, options, input.shape.back()) {}

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  double factor_;
  Linear reduce_, expand_;
};

}  // namespace norma
