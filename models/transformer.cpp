#include "models/transformer.h"

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
  f.number(
      "init_std", init_std,
      "deviation of normal initial weights; the placement makes that of some smaller or larger",
      {.above = 0});
  f.rule(width % heads == 0, "width", "a multiple of `heads`");
  f.rule(heads % kv_heads.value_or(heads) == 0, "kv_heads", "a divisor of `heads`");
}

Block::Options TransformerOptions::block(bool causal, bool rope, double rope_base) const {
  const InitialDeviations init = recipe().init;
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
                    .init_std = init.query_key,
                    .value_init_std = init.value,
                    .out_init_std = init.attention_out};
  made.ffn = {.hidden = hidden,
              .activation = activation,
              .bias = bias,
              .init_std = init.ffn_in,
              .out_init_std = init.ffn_out};
  made.layers = layers;
  return made;
}

Transformer::Transformer(const Scope& scope, const TransformerOptions& options,
                         const Block::Options& block) {
  Block::Options here = block;
  for (here.layer = 0; here.layer < options.layers; ++here.layer)
    blocks_.push_back(std::make_unique<Block>(scope / "blocks" / here.layer, here, options.width));
  const Recipe recipe = options.recipe();
  if (recipe.embedding_norm)
    embed_norm_ = make_norm(scope / "embed_norm", options.norm, options.width);
  if (recipe.final_norm) final_norm_ = make_norm(scope / "final_norm", options.norm, options.width);
}

Var Transformer::operator()(Context& ctx, const Var& x) {
  Stream stream = resolved(embed_norm_ ? (*embed_norm_)(ctx, x) : x);
  for (const auto& block : blocks_) stream = block->on_stream(ctx, stream);
  return end_stream(ctx, stream, final_norm_.get());
}

}  // namespace norma
