#include "layers/cross_attention.h"

#include <utility>

#include "layers/attention.h"
#include "layers/elementwise.h"
#include "layers/layer_error.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

Linear projection(const Scope& scope, const CrossAttention::Options& options, int64_t in,
                  int64_t out, std::optional<double> init_std) {
  return {scope, in, out, options.bias, normal_init(init_std), options.reparam};
}

}  // namespace

void CrossAttention::Options::describe(Fields& f) {
  describe_heads(f, heads, kv_heads);
  f.flag("bias", bias, "biases in all projections");
  f.spec("qk_norm", qk_norm, norm_registry(), "norm of each head's queries and keys");
  f.spec("inner_norm", inner_norm, norm_registry(), "norm before the output projection");
  f.maybe_number("logit_softcap", logit_softcap,
                 "c: logits become c·tanh(logits/c); null = as they are", {.above = 0});
  describe_init(f, init_std, value_init_std, out_init_std);
  f.maybe_integer("memory_width", memory_width,
                  "features of what is attended to; null = those of the input", {.min = 1});
  describe_reparam(f, reparam);
}

CrossAttention::CrossAttention(const Scope& scope, const Options& options, int64_t width)
    : Module(scope),
      heads_(attention_heads(scope, options.heads, options.kv_heads, width)),
      q_(projection(scope / "q", options, width, heads_.query_width(), options.init_std)),
      k_(projection(scope / "k", options, options.memory_width.value_or(width), heads_.key_width(),
                    options.init_std)),
      v_(projection(scope / "v", options, options.memory_width.value_or(width), heads_.key_width(),
                    options.value_init_std ? options.value_init_std : options.init_std)),
      out_(projection(scope / "out", options, heads_.query_width(), width,
                      options.out_init_std ? options.out_init_std : options.init_std)) {
  heads_.softcap = options.logit_softcap.value_or(0);
  if (options.qk_norm) {
    q_norm_ = make_norm(scope / "q_norm", options.qk_norm, heads_.head_width);
    k_norm_ = make_norm(scope / "k_norm", options.qk_norm, heads_.head_width);
  }
  if (options.inner_norm)
    inner_norm_ = make_norm(scope / "inner_norm", options.inner_norm, heads_.query_width());
}

Var CrossAttention::forward(Context& ctx, const Var& x) {
  if (!ctx.memory.value)
    layer_error(ctx, "cross_attention", "has no memory to attend to, as of an encoder");
  Var k, v;
  {
    // Norms and selections of the memory go by its own mask.
    const Scoped valid(ctx.mask, ctx.memory_mask);
    const Var memory = zero_padding(ctx, ctx.memory);
    k = k_(ctx, memory);
    v = v_(ctx, memory);
    if (k_norm_) k = normalized_heads(ctx, *k_norm_, k, heads_.head_width);
  }
  Var q = q_(ctx, x);
  if (q_norm_) q = normalized_heads(ctx, *q_norm_, q, heads_.head_width);
  const Var y = cross_attention(ctx, heads_, q, k, v);
  return out_(ctx, inner_norm_ ? (*inner_norm_)(ctx, y) : y);
}

namespace {
const RegisterLayer<CrossAttention> registered_cross_attention(
    "cross_attention", "multi-head attention to another sequence",
    "Vaswani et al. 2017, arXiv:1706.03762");
}  // namespace

}  // namespace norma
