#include "layers/attention.h"

#include "layers/elementwise.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

AttentionHeads heads_of(const Scope& scope, const Attention::Options& options, int64_t width) {
  const int64_t kv_heads = options.kv_heads.value_or(options.heads);
  const std::string place = "[attention " + scope.path() + "] ";
  if (width % options.heads != 0)
    throw Error(place + "a width of " + std::to_string(width) + " cannot be cut into " +
                std::to_string(options.heads) + " heads of equal width");
  if (options.heads % kv_heads != 0)
    throw Error(place + std::to_string(options.heads) + " heads cannot share " +
                std::to_string(kv_heads) + " key/value heads evenly");
  return {.heads = options.heads,
          .kv_heads = kv_heads,
          .head_width = width / options.heads,
          .causal = options.causal,
          .softcap = options.logit_softcap.value_or(0)};
}

std::optional<Init> qkv_init(const Attention::Options& options, int64_t value_rows) {
  std::optional<Init> init = normal_init(options.init_std);
  if (init && options.value_init_std) {
    init->last_rows = value_rows;
    init->last_scale = *options.value_init_std;
  }
  return init;
}

}  // namespace

void Attention::Options::describe(Fields& f) {
  f.integer("heads", heads, "query heads; the width must be a multiple",
            {.required = true, .min = 1});
  f.maybe_integer("kv_heads", kv_heads,
                  "key/value heads that the query heads share; null = as many as heads",
                  {.min = 1});
  f.flag("causal", causal, "a position sees itself and what came before");
  f.flag("rope", rope, "rotary positions");
  f.number("rope_base", rope_base, "base of the rotary wavelengths", {.above = 0});
  f.flag("bias", bias, "biases in both projections");
  f.spec("qk_norm", qk_norm, norm_registry(), "norm of each head's queries and keys");
  f.spec("inner_norm", inner_norm, norm_registry(), "norm before the output projection");
  f.maybe_number("logit_softcap", logit_softcap,
                 "c: logits become c·tanh(logits/c); null = as they are", {.above = 0});
  f.maybe_number("init_std", init_std,
                 "deviation of normal initial weights; null = the linear layer's default",
                 {.min = 0});
  f.maybe_number("value_init_std", value_init_std,
                 "the same for the projection to values; null = init_std", {.min = 0});
  f.maybe_number("out_init_std", out_init_std,
                 "the same for the output projection; null = init_std", {.min = 0});
  describe_reparam(f, reparam);
  f.rule(!value_init_std || init_std, "value_init_std", "null where `init_std` is null");
  f.rule(heads % kv_heads.value_or(heads) == 0, "kv_heads", "a divisor of `heads`");
}

Attention::Attention(const Scope& scope, const Options& options, int64_t width)
    : Module(scope),
      heads_(heads_of(scope, options, width)),
      qkv_(scope / "qkv", width, heads_.query_width() + 2 * heads_.key_width(), options.bias,
           qkv_init(options, heads_.key_width()), options.reparam),
      out_(scope / "out", heads_.query_width(), width, options.bias,
           normal_init(options.out_init_std ? options.out_init_std : options.init_std),
           options.reparam) {
  if (options.rope) heads_.rotary = &rotary_.emplace(heads_.head_width, options.rope_base);
  if (options.qk_norm) {
    q_norm_ = make_norm(scope / "q_norm", options.qk_norm, heads_.head_width);
    k_norm_ = make_norm(scope / "k_norm", options.qk_norm, heads_.head_width);
  }
  if (options.inner_norm)
    inner_norm_ = make_norm(scope / "inner_norm", options.inner_norm, heads_.query_width());
}

Var Attention::forward(Context& ctx, const Var& x) {
  const Var y = mixed(ctx, x);
  return out_(ctx, inner_norm_ ? (*inner_norm_)(ctx, y) : y);
}

// What the heads read, side by side.
Var Attention::mixed(Context& ctx, const Var& x) {
  const Var qkv = qkv_(ctx, x);
  if (!q_norm_) return dot_product_attention(ctx, heads_, qkv);
  const int64_t keys = heads_.key_width();
  const auto [q, k, v] = split_columns(ctx, qkv, {heads_.query_width(), keys, keys});
  return dot_product_attention(ctx, heads_, normalized(ctx, *q_norm_, q),
                               normalized(ctx, *k_norm_, k), v);
}

// One row for each head: no norm can then mistake heads for positions of an image.
Var Attention::normalized(Context& ctx, Module& norm, const Var& heads) const {
  const int64_t rows = heads.value.numel() / heads_.head_width;
  const Var y = norm(ctx, reshape(ctx, heads, {rows, heads_.head_width}));
  return reshape(ctx, y, heads.shape());
}

namespace {
const RegisterLayer<Attention> registered("attention", "multi-head self-attention",
                                          "Vaswani et al. 2017, arXiv:1706.03762");
}  // namespace

}  // namespace norma
