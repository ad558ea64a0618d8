#pragma once

#include "layers/activation.h"
#include "layers/linear.h"

namespace norma {

// The feed-forward part of a transformer: down(f(up(x))), or down(f(gate(x))·up(x)) for the gated
// activations (Shazeer 2020, arXiv:2002.05202). State: `up.*`, `gate.*` when gated, `down.*`,
// `inner_norm.*`; on the unit sphere `up_gain`, `gate_gain`.
class Ffn : public Module {
 public:
  struct Options {
    std::optional<int64_t> hidden = {};
    std::string activation = "gelu";
    bool bias = true;
    Spec inner_norm = {}, reparam = {};
    std::optional<double> init_std = {}, out_init_std = {};
    Spec router = {};          // of a mixture of experts; see make_ffn
    bool unit_sphere = false;  // set by a placement's recipe, by no config
    void describe(Fields& f);
  };
  Ffn(const Scope& scope, const Options& options, int64_t width);

  // What `hidden` is when left out: four times the width; gated, where three matrices share the
  // budget of two, 8/3 of it, rounded up to a multiple of 32.
  static int64_t default_hidden(Activation kind, int64_t width);

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  Var hidden(Context& ctx, Linear& projection, Param* gain, const Var& x) const;
  Activation activation_;
  double gain_factor_;
  Linear up_;
  std::optional<Linear> gate_;
  Param *up_gain_ = nullptr, *gate_gain_ = nullptr;
  std::unique_ptr<Module> inner_norm_;
  Linear down_;
};

}  // namespace norma
