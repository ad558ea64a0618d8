#include "layers/block.h"

namespace norma {

void ResidualOptions::describe(Fields& f) {
  f.spec("norm", norm, norm_registry(), "the normalization");
  f.spec("placement", placement, placement_registry(), "where the norm sits");
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
}

Block::Block(const Scope& scope, const Options& options, int64_t width, int64_t layer,
             int64_t layers)
    : Module(scope),
      attention_(scope / "attn", options.attention, width),
      ffn_(scope / "ffn", options.ffn, width),
      dropout_(options.dropout) {
  SublayerSite site{
      .block = scope, .name = "attn", .width = width, .layer = layer, .layers = layers};
  site.drop_path =
      layers > 1 ? options.drop_path * static_cast<double>(layer) / static_cast<double>(layers - 1)
                 : options.drop_path;
  attention_placement_ = make_placement(options.placement, site, options.norm);
  site.name = "ffn";
  ffn_placement_ = make_placement(options.placement, site, options.norm);
}

Stream Block::on_stream(Context& ctx, const Stream& stream) {
  const PathScope here(ctx, path());
  const Stream attended = (*attention_placement_)(ctx, stream, [&](Context& c, const Var& x) {
    return dropout(c, attention_(c, x), dropout_);
  });
  return (*ffn_placement_)(
      ctx, attended, [&](Context& c, const Var& x) { return dropout(c, ffn_(c, x), dropout_); });
}

Var Block::forward(Context& ctx, const Var& x) {
  return resolve(ctx, on_stream(ctx, Stream{.base = x, .branch = {}, .drop = {}}));
}

namespace {
const RegisterLayer<Block> registered("block", "a transformer block: attention and feed-forward",
                                      "Vaswani et al. 2017, arXiv:1706.03762");
}  // namespace

}  // namespace norma
