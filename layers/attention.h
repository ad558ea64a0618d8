#pragma once

#include "layers/dot_product_attention.h"
#include "layers/linear.h"
#include "layers/norms/norm.h"

namespace norma {

// What happens to queries, keys and values between their projection and the attention.
struct HeadNormOptions {
  Spec qk_norm = {}, k_norm = {}, v_norm = {};
  std::string norm_span = "head", norm_order = "before_rope";
  std::optional<double> qk_gain = {}, logit_scale = {}, logit_softcap = {};
  void describe(Fields& f);
  bool any_norm() const { return qk_norm || k_norm || v_norm || qk_gain || logit_scale; }
};

// Options that attentions of both kinds have: their heads, and the deviations of initial weights.
void describe_heads(Fields& f, int64_t& heads, std::optional<int64_t>& kv_heads);
void describe_init(Fields& f, std::optional<double>& init_std,
                   std::optional<double>& value_init_std, std::optional<double>& out_init_std);

// The heads of an attention of this width; throws an Error where it cannot be cut into them.
AttentionHeads attention_heads(const Scope& scope, int64_t heads, std::optional<int64_t> kv_heads,
                               int64_t width);

// A norm over each head of x (…, heads·head_width): one row a head, so that no norm can mistake
// heads for positions of an image.
Var normalized_heads(Context& ctx, Module& norm, const Var& x, int64_t head_width);

// Multi-head self-attention (Vaswani et al. 2017, arXiv:1706.03762), x (B,T,C) → (B,T,C). With
// fewer key/value heads: grouped-query (Ainslie et al. 2023) and multi-query (Shazeer 2019). State:
// `qkv.weight` (rows of q, then k, then v), `qkv.bias`, `out.weight`, `out.bias`, `q_norm.*`,
// `k_norm.*`, `v_norm.*`, `qk_gain`, `logit_scale`, `inner_norm.*`.
class Attention : public Module {
 public:
  struct Options {
    int64_t heads = 1;
    std::optional<int64_t> kv_heads = {};
    bool causal = true, rope = false, bias = true;
    double rope_base = 10000;
    HeadNormOptions head_norms = {};
    Spec inner_norm = {};
    Spec reparam = {};
    std::optional<double> init_std = {}, value_init_std = {}, out_init_std = {};
    bool unit_sphere = false;  // set by a placement's recipe, by no config
    void describe(Fields& f);
  };
  Attention(const Scope& scope, const Options& options, int64_t width);
  Attention(const Scope& scope, const Options& options, const LayerInput& input)
      : Attention(scope, options, input.shape.back()) {}

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  void make_head_norms(const Scope& scope, const Options& options);
  void move_heads_to_sphere(const Scope& scope, const Options& options);
  std::unique_ptr<Norm> head_norm(const Scope& scope, const Spec& norm, int64_t width) const;
  Var normalized(Context& ctx, Norm* norm, const Var& heads) const;
  Var mixed(Context& ctx, const Var& x);
  AttentionHeads heads_;
  std::optional<Rotary> rotary_;
  bool prepares_heads_ = false, rotates_first_ = false, per_head_ = true;
  Linear qkv_;
  std::unique_ptr<Norm> q_norm_, k_norm_, v_norm_;
  double q_factor_ = 1, k_factor_ = 1;  // of qk_gain_
  Param *qk_gain_ = nullptr, *logit_scale_ = nullptr;
  std::unique_ptr<Module> inner_norm_;
  Linear out_;
};

}  // namespace norma
