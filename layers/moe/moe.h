#pragma once

#include "layers/ffn.h"
#include "layers/moe/expert_linear.h"

namespace norma {

// A feed-forward part of several networks, the experts, of which a router chooses some for each
// token (Shazeer et al. 2017, arXiv:1701.06538). The tokens of an expert are one product. State:
// `router.*`; `up.*`, `gate.*` when gated and `down.*` with a leading axis of experts;
// `inner_norm.*`, which the experts share.
class Moe : public Module {
 public:
  Moe(const Scope& scope, const Ffn::Options& options, int64_t width);

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  Var answers(Context& ctx, const Var& rows, const Routing& routing);
  std::unique_ptr<Router> router_;
  Activation activation_;
  ExpertLinear up_;
  std::optional<ExpertLinear> gate_;
  std::unique_ptr<Module> inner_norm_;
  ExpertLinear down_;
};

// The feed-forward part that the options describe: with a router a mixture of experts.
std::unique_ptr<Module> make_ffn(const Scope& scope, const Ffn::Options& options, int64_t width);

}  // namespace norma
