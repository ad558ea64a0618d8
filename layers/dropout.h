#pragma once

#include "layers/layer_registry.h"

namespace norma {

// Each element is zeroed with probability p, the others are divided by 1 − p; identity in eval.
// x (B, …); the mask depends on the global number of the sample, not on the batch it came in.
// Srivastava et al. 2014, JMLR 15.
Var dropout(Context& ctx, const Var& x, double p);

// Per-sample factors (B) of stochastic depth: 0 with probability p, else 1/(1 − p). Undefined,
// which stands for ones, in eval and for p = 0. Draws from the current module's random numbers.
Tensor drop_scale(Context& ctx, double p, int64_t batch);

// Drops whole samples of a residual branch x (B, …): x·drop_scale. Huang et al. 2016,
// arXiv:1603.09382.
Var stochastic_depth(Context& ctx, const Var& x, double p);

// The probability by which a residual branch of layer `layer`, from 0, is dropped: in proportion to
// its depth, `last` for the last of all `layers`. Section 3 of the same, from 0 on.
double drop_path_at(double last, int64_t layer, int64_t layers);

class Dropout : public Module {
 public:
  struct Options {
    double p = 0.5;
    void describe(Fields& f);
  };
  Dropout(const Scope& scope, double p) : Module(scope), p_(p) {}
  Dropout(const Scope& scope, const Options& options, const LayerInput&)
      : Dropout(scope, options.p) {}

 protected:
  Var forward(Context& ctx, const Var& x) override { return dropout(ctx, x, p_); }

 private:
  double p_;
};

class StochasticDepth : public Module {
 public:
  using Options = Dropout::Options;
  StochasticDepth(const Scope& scope, double p) : Module(scope), p_(p) {}
  StochasticDepth(const Scope& scope, const Options& options, const LayerInput&)
      : StochasticDepth(scope, options.p) {}

 protected:
  Var forward(Context& ctx, const Var& x) override { return stochastic_depth(ctx, x, p_); }

 private:
  double p_;
};

}  // namespace norma
