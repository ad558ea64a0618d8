#include "layers/block.h"

namespace norma {

void ResidualOptions::describe(Fields& f) {
  f.spec("norm", norm, norm_registry(), "the normalization");
  f.spec("placement", placement, placement_registry(),
         "where norms sit and how branches join the stream");
  f.number("dropout", dropout, "probability of zeroing an element of a branch",
           {.min = 0, .below = 1});
  f.number(
      "drop_path", drop_path,
      "stochastic depth: probability of dropping the last block's branches; earlier ones less, "
      "in proportion to depth",
      {.min = 0, .below = 1});
}

void Block::Options::describe(Fields& f) {
  f.object(
      "attention", [&](Fields& inner) { attention.describe(inner); }, "the attention");
  f.object(
      "ffn", [&](Fields& inner) { ffn.describe(inner); }, "the feed-forward part");
  ResidualOptions::describe(f);
  f.integer("layer", layer, "number of the block in its model, from 0", {.min = 0});
  f.integer("layers", layers, "blocks of that model", {.min = 1});
  f.rule(layer < layers, "layer", "a number below `layers`");
}

namespace {

// The options of a sublayer, with the norm inside that the placement may ask for.
template <class Options>
Options with_inner_norm(Options sublayer, const Block::Options& block) {
  const Recipe recipe = recipe_of(block.placement, {.layers = block.layers});
  if (recipe.inner_norm && !sublayer.inner_norm) sublayer.inner_norm = block.norm;
  return sublayer;
}

BlockSite site_of(const Scope& scope, const Block::Options& options, int64_t width) {
  const auto layer = static_cast<double>(options.layer);
  const auto last = static_cast<double>(options.layers - 1);
  return {.block = scope,
          .norm = options.norm,
          .width = width,
          .layer = options.layer,
          .layers = options.layers,
          .drop_path = last > 0 ? options.drop_path * layer / last : options.drop_path};
}

}  // namespace

Block::Block(const Scope& scope, const Options& options, int64_t width)
    : Module(scope),
      attention_(scope / "attn", with_inner_norm(options.attention, options), width),
      ffn_(scope / "ffn", with_inner_norm(options.ffn, options), width),
      dropout_(options.dropout),
      placement_(make_placement(options.placement, site_of(scope, options, width))) {}

Stream Block::on_stream(Context& ctx, const Stream& stream) {
  const PathScope here(ctx, path());
  return placement_->join(
      ctx, stream, [&](Context& c, const Var& x) { return dropout(c, attention_(c, x), dropout_); },
      [&](Context& c, const Var& x) { return dropout(c, ffn_(c, x), dropout_); });
}

Var Block::forward(Context& ctx, const Var& x) { return resolve(ctx, on_stream(ctx, resolved(x))); }

namespace {
const RegisterLayer<Block> registered("block", "a transformer block: attention and feed-forward",
                                      "Vaswani et al. 2017, arXiv:1706.03762");
}  // namespace

}  // namespace norma
