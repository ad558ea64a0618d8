#include "layers/attention.h"

#include <cmath>

#include "layers/column_gain.h"
#include "layers/elementwise.h"
#include "layers/norms/unit_norm.h"
#include "layers/weights/unit_weight.h"

namespace norma {
namespace {

AttentionHeads heads_of(const Scope& scope, const Attention::Options& options, int64_t width) {
  AttentionHeads made = attention_heads(scope, options.heads, options.kv_heads, width);
  made.causal = options.causal;
  made.softcap = options.head_norms.logit_softcap.value_or(0);
  return made;
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

AttentionHeads attention_heads(const Scope& scope, int64_t heads, std::optional<int64_t> given,
                               int64_t width) {
  const int64_t kv_heads = given.value_or(heads);
  const std::string place = "[attention " + scope.path() + "] ";
  if (width % heads != 0)
    throw Error(place + "a width of " + std::to_string(width) + " cannot be cut into " +
                std::to_string(heads) + " heads of equal width");
  if (heads % kv_heads != 0)
    throw Error(place + std::to_string(heads) + " heads cannot share " + std::to_string(kv_heads) +
                " key/value heads evenly");
  return {.heads = heads, .kv_heads = kv_heads, .head_width = width / heads};
}

void HeadNormOptions::describe(Fields& f) {
  f.spec("qk_norm", qk_norm, norm_registry(), "norm of each head's queries and keys");
  f.spec("k_norm", k_norm, norm_registry(), "norm of the keys alone");
  f.spec("v_norm", v_norm, norm_registry(), "norm of the values");
  f.choice("norm_span", norm_span, {"head", "width"},
           "what one statistic of these norms covers: a head, or all heads of a position");
  f.choice("norm_order", norm_order, {"before_rope", "after_rope"},
           "whether queries and keys are normalized before rotary positions or behind them");
  f.maybe_number("qk_gain", qk_gain,
                 "initial value of learned gains on queries and keys, shared by both, one a "
                 "feature (nGPT's sqk); null = none",
                 {.above = 0});
  f.maybe_number("logit_scale", logit_scale,
                 "initial value of a learned factor of the logits, one a head, in the place of "
                 "1/√head_width: the temperature of normalized queries and keys; null = none",
                 {.above = 0});
  f.maybe_number("logit_softcap", logit_softcap,
                 "c: attention logits become c·tanh(logits/c); null = as they are", {.above = 0});
  f.rule(!qk_norm || !k_norm, "k_norm", "null beside `qk_norm`, which normalizes keys too");
}

void describe_heads(Fields& f, int64_t& heads, std::optional<int64_t>& kv_heads) {
  f.integer("heads", heads, "query heads; the width must be a multiple",
            {.required = true, .min = 1});
  f.maybe_integer("kv_heads", kv_heads,
                  "key/value heads that the query heads share; null = as many as heads",
                  {.min = 1});
  f.rule(heads % kv_heads.value_or(heads) == 0, "kv_heads", "a divisor of `heads`");
}

void describe_init(Fields& f, std::optional<double>& init_std,
                   std::optional<double>& value_init_std, std::optional<double>& out_init_std) {
  f.maybe_number("init_std", init_std,
                 "deviation of normal initial weights; null = the linear layer's default",
                 {.min = 0});
  f.maybe_number("value_init_std", value_init_std,
                 "the same for the projection to values; null = init_std", {.min = 0});
  f.maybe_number("out_init_std", out_init_std,
                 "the same for the output projection; null = init_std", {.min = 0});
}

void Attention::Options::describe(Fields& f) {
  describe_heads(f, heads, kv_heads);
  f.flag("causal", causal, "a position sees itself and what came before");
  f.flag("rope", rope, "rotary positions");
  f.number("rope_base", rope_base, "base of the rotary wavelengths", {.above = 0});
  f.flag("bias", bias, "biases in both projections");
  head_norms.describe(f);
  f.spec("inner_norm", inner_norm, norm_registry(), "norm before the output projection");
  describe_init(f, init_std, value_init_std, out_init_std);
  describe_reparam(f, reparam);
  f.rule(!value_init_std || init_std, "value_init_std", "null where `init_std` is null");
  f.rule(!head_norms.qk_gain || kv_heads.value_or(heads) == heads, "qk_gain",
         "null where queries and keys have different numbers of heads (`kv_heads`)");
}

Attention::Attention(const Scope& scope, const Options& options, int64_t width)
    : Module(scope),
      heads_(heads_of(scope, options, width)),
      qkv_(scope / "qkv", width, heads_.query_width() + 2 * heads_.key_width(), options.bias,
           qkv_init(options, heads_.key_width()),
           reparam_of_projection(options.unit_sphere, false, options.reparam)),
      out_(scope / "out", heads_.query_width(), width, options.bias,
           normal_init(options.out_init_std ? options.out_init_std : options.init_std),
           reparam_of_projection(options.unit_sphere, true, options.reparam)) {
  if (options.rope) heads_.rotary = &rotary_.emplace(heads_.head_width, options.rope_base);
  options.unit_sphere ? move_heads_to_sphere(scope, options) : make_head_norms(scope, options);
  if (options.inner_norm)
    inner_norm_ = make_norm(scope / "inner_norm", options.inner_norm, heads_.query_width());
}

void Attention::make_head_norms(const Scope& scope, const Options& options) {
  const HeadNormOptions& asked = options.head_norms;
  per_head_ = asked.norm_span == "head";
  prepares_heads_ = asked.any_norm();
  rotates_first_ = prepares_heads_ && options.rope && asked.norm_order == "after_rope";
  if (rotates_first_) heads_.rotary = nullptr;
  q_norm_ = head_norm(scope / "q_norm", asked.qk_norm, heads_.query_width());
  k_norm_ =
      head_norm(scope / "k_norm", asked.qk_norm ? asked.qk_norm : asked.k_norm, heads_.key_width());
  v_norm_ = head_norm(scope / "v_norm", asked.v_norm, heads_.key_width());
  const auto gains = [&](const char* name, int64_t count, std::optional<double> initial) {
    return initial ? &scope.param(name, {count}, ParamKind::kGain, Init::constant(*initial))
                   : nullptr;
  };
  qk_gain_ = gains("qk_gain", heads_.query_width(), asked.qk_gain);
  logit_scale_ = gains("logit_scale", heads_.heads, asked.logit_scale);
}

// Queries and keys of length 1 behind their rotation, times learned gains; logits are √head_width
// times their product.
void Attention::move_heads_to_sphere(const Scope& scope, const Options& options) {
  const std::string place = "[attention " + scope.path() + "] on the unit sphere ";
  if (options.head_norms.any_norm())
    throw Error(place + "queries and keys have norms and gains of its own");
  if (heads_.kv_heads != heads_.heads)
    throw Error(place +
                "queries and keys share their gains, so there must be as many heads of both");
  prepares_heads_ = true;
  rotates_first_ = options.rope;
  heads_.rotary = nullptr;
  q_norm_ = make_unit_norm(scope / "q_norm", heads_.head_width);
  k_norm_ = make_unit_norm(scope / "k_norm", heads_.head_width);
  // Stored as 1/√width at the start, so that they learn at the pace of the weights.
  k_factor_ = std::sqrt(static_cast<double>(heads_.query_width()));
  q_factor_ = k_factor_ * static_cast<double>(heads_.head_width);
  qk_gain_ = &scope.param("qk_gain", {heads_.query_width()}, ParamKind::kGain,
                          Init::constant(1 / k_factor_));
}

std::unique_ptr<Norm> Attention::head_norm(const Scope& scope, const Spec& norm,
                                           int64_t width) const {
  return norm ? make_norm(scope, norm, per_head_ ? heads_.head_width : width) : nullptr;
}

Var Attention::forward(Context& ctx, const Var& x) {
  const Var y = mixed(ctx, x);
  return out_(ctx, inner_norm_ ? (*inner_norm_)(ctx, y) : y);
}

// What the heads read, side by side.
Var Attention::mixed(Context& ctx, const Var& x) {
  const Var qkv = qkv_(ctx, x);
  const Var* const bias = ctx.position_bias.value ? &ctx.position_bias : nullptr;
  if (!prepares_heads_) return dot_product_attention(ctx, heads_, qkv, bias);
  const int64_t keys = heads_.key_width();
  auto [q, k, v] = split_columns(ctx, qkv, {heads_.query_width(), keys, keys});
  if (rotates_first_) {
    q = rotated(ctx, q, *rotary_, heads_.heads);
    k = rotated(ctx, k, *rotary_, heads_.kv_heads);
  }
  q = normalized(ctx, q_norm_.get(), q);
  k = normalized(ctx, k_norm_.get(), k);
  v = normalized(ctx, v_norm_.get(), v);
  if (qk_gain_) {
    q = column_gain(ctx, q, *qk_gain_, q_factor_);
    k = column_gain(ctx, k, *qk_gain_, k_factor_);
  }
  // The attention divides by √head_width; a scale of its own takes that back.
  if (logit_scale_)
    q = column_gain(ctx, q, *logit_scale_, std::sqrt(static_cast<double>(heads_.head_width)));
  return dot_product_attention(ctx, heads_, q, k, v, bias);
}

Var Attention::normalized(Context& ctx, Norm* norm, const Var& heads) const {
  return norm ? normalized_heads(ctx, *norm, heads, norm->channels()) : heads;
}

Var normalized_heads(Context& ctx, Module& norm, const Var& x, int64_t head_width) {
  const Var y = norm(ctx, reshape(ctx, x, {x.value.numel() / head_width, head_width}));
  return reshape(ctx, y, x.shape());
}

namespace {
const RegisterLayer<Attention> registered_attention("attention", "multi-head self-attention",
                                                    "Vaswani et al. 2017, arXiv:1706.03762");
}  // namespace

}  // namespace norma
