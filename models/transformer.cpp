#include "models/transformer.h"

#include <cmath>

namespace norma {

void TransformerOptions::describe(Fields& f) {
  f.integer("layers", layers, "blocks", {.min = 1});
  f.integer("width", width, "features of the stream", {.min = 1});
  f.integer("heads", heads, "attention heads; the width must be a multiple", {.min = 1});
  f.maybe_integer("kv_heads", kv_heads, "key/value heads; null = as many as heads", {.min = 1});
  ResidualOptions::describe(f);
  f.spec("qk_norm", qk_norm, norm_registry(), "norm of each head's queries and keys");
  f.maybe_number("logit_softcap", logit_softcap,
                 "c: attention logits become c·tanh(logits/c); null = as they are", {.above = 0});
  f.object(
      "ffn",
      [&](Fields& inner) {
        inner.maybe_integer("hidden", hidden,
                            "features between the products; null = 4 × width, gated 8/3 × width",
                            {.min = 1});
        inner.choice("activation", activation,
                     {"gelu", "gelu_tanh", "silu", "relu", "relu2", "swiglu", "geglu"},
                     "the function between them");
      },
      "the feed-forward part");
  f.flag("bias", bias, "biases in attention and feed-forward");
  f.number("init_std", init_std, "deviation of normal initial weights", {.above = 0});
  f.rule(width % heads == 0, "width", "a multiple of `heads`");
  f.rule(heads % kv_heads.value_or(heads) == 0, "kv_heads", "a divisor of `heads`");
}

Block::Options TransformerOptions::block(bool causal, bool rope, double rope_base) const {
  const double out_std = init_std / std::sqrt(2.0 * static_cast<double>(layers));
  Block::Options made;
  static_cast<ResidualOptions&>(made) = *this;
  made.attention = {.heads = heads,
                    .kv_heads = kv_heads,
                    .causal = causal,
                    .rope = rope,
                    .bias = bias,
                    .rope_base = rope_base,
                    .qk_norm = qk_norm,
                    .logit_softcap = logit_softcap,
                    .init_std = init_std,
                    .out_init_std = out_std};
  made.ffn = {.hidden = hidden,
              .activation = activation,
              .bias = bias,
              .init_std = init_std,
              .out_init_std = out_std};
  return made;
}

Transformer::Transformer(const Scope& scope, const TransformerOptions& options,
                         const Block::Options& block) {
  for (int64_t layer = 0; layer < options.layers; ++layer)
    blocks_.push_back(std::make_unique<Block>(scope / "blocks" / layer, block, options.width, layer,
                                              options.layers));
  if (placement_registry().at(options.placement.type).final_norm)
    final_norm_ = make_norm(scope / "final_norm", options.norm, options.width);
}

Var Transformer::operator()(Context& ctx, const Var& x) {
  Stream stream{.base = x, .branch = {}, .drop = {}};
  for (const auto& block : blocks_) stream = block->on_stream(ctx, stream);
  return final_norm_ ? final_norm_->on_stream(ctx, stream).second : resolve(ctx, stream);
}

}  // namespace norma
