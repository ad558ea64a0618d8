#pragma once

#include "layers/dot_product_attention.h"
#include "layers/linear.h"

namespace norma {

// Multi-head self-attention (Vaswani et al. 2017, arXiv:1706.03762), x (B,T,C) → (B,T,C). With
// fewer key/value heads: grouped-query (Ainslie et al. 2023) and multi-query (Shazeer 2019). State:
// `qkv.weight` (rows of q, then k, then v), `qkv.bias`, `out.weight`, `out.bias`, `q_norm.*`,
// `k_norm.*`, `inner_norm.*`.
class Attention : public Module {
 public:
  struct Options {
    int64_t heads = 1;
    std::optional<int64_t> kv_heads = {};
    bool causal = true, rope = false, bias = true;
    double rope_base = 10000;
    Spec qk_norm = {}, inner_norm = {};
    std::optional<double> logit_softcap = {};
    Spec reparam = {};
    std::optional<double> init_std = {}, value_init_std = {}, out_init_std = {};
    void describe(Fields& f);
  };
  Attention(const Scope& scope, const Options& options, int64_t width);
  Attention(const Scope& scope, const Options& options, const LayerInput& input)
      : Attention(scope, options, input.shape.back()) {}

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  Var normalized(Context& ctx, Module& norm, const Var& heads) const;
  Var mixed(Context& ctx, const Var& x);
  AttentionHeads heads_;
  std::optional<Rotary> rotary_;
  Linear qkv_;
  std::unique_ptr<Module> q_norm_, k_norm_, inner_norm_;
  Linear out_;
};

}  // namespace norma
