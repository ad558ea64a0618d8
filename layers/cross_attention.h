#pragma once

#include "layers/dot_product_attention.h"
#include "layers/linear.h"

namespace norma {

// Multi-head attention whose keys and values come from another sequence, the context's `memory`
// (B,S,M), x (B,T,C) → (B,T,C) (Vaswani et al. 2017, arXiv:1706.03762, section 3.2.3). State:
// `q.weight`, `k.weight`, `v.weight`, `out.weight` and their `bias`; `q_norm.*`, `k_norm.*`,
// `inner_norm.*`.
class CrossAttention : public Module {
 public:
  struct Options {
    int64_t heads = 1;
    std::optional<int64_t> kv_heads = {};
    bool bias = true;
    Spec qk_norm = {}, inner_norm = {};
    std::optional<double> logit_softcap = {};
    Spec reparam = {};
    std::optional<double> init_std = {}, value_init_std = {}, out_init_std = {};
    std::optional<int64_t> memory_width = {};
    void describe(Fields& f);
  };
  CrossAttention(const Scope& scope, const Options& options, int64_t width);
  CrossAttention(const Scope& scope, const Options& options, const LayerInput& input)
      : CrossAttention(scope, options, input.shape.back()) {}

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  AttentionHeads heads_;
  Linear q_, k_, v_;
  std::unique_ptr<Module> q_norm_, k_norm_, inner_norm_;
  Linear out_;
};

}  // namespace norma
