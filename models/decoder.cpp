#include "models/decoder.h"

namespace norma {
namespace {

// The attention to the memory starts as the self-attention does.
DecoderBlock::Options block_options(const TransformerOptions& options) {
  DecoderBlock::Options made;
  static_cast<Block::Options&>(made) = options.block(true, false, 10000);
  const Attention::Options& own = made.attention;
  made.cross = {.heads = own.heads,
                .kv_heads = own.kv_heads,
                .bias = own.bias,
                .qk_norm = own.head_norms.qk_norm,
                .logit_softcap = own.head_norms.logit_softcap,
                .reparam = own.reparam,
                .init_std = own.init_std,
                .value_init_std = own.value_init_std,
                .out_init_std = own.out_init_std};
  return made;
}

}  // namespace

Decoder::Decoder(const Scope& scope, const TransformerOptions& options) {
  DecoderBlock::Options here = block_options(options);
  for (here.layer = 0; here.layer < options.layers; ++here.layer) {
    here.attention.head_norms.qk_norm = here.cross.qk_norm = options.qk_norm_of(here.layer);
    blocks_.push_back(
        std::make_unique<DecoderBlock>(options.place_of(scope, here.layer), here, options.width));
  }
  const Recipe recipe = options.recipe();
  if (recipe.embedding_norm || options.norm.find_named("embedding", 0))
    embed_norm_ = make_norm(scope / "embed_norm", options.norm.at("embedding", 0), options.width);
  if (recipe.final_norm)
    final_norm_ = make_norm(scope / "final_norm", options.norm.at("final", options.layers - 1),
                            options.width);
}

Var Decoder::operator()(Context& ctx, const Var& x) {
  Stream stream = resolved(embed_norm_ ? (*embed_norm_)(ctx, x) : x);
  for (const auto& block : blocks_) stream = block->on_stream(ctx, stream);
  return end_stream(ctx, stream, final_norm_.get());
}

}  // namespace norma
