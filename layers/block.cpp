#include "layers/block.h"

namespace norma {

void ResidualOptions::describe(Fields& f, const std::vector<NormSite>& sites) {
  describe_norms(f, norm, sites);
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
  ResidualOptions::describe(f, norm_sites({}));
  f.integer("layer", layer, "number of the block in its model, from 0", {.min = 0});
  f.integer("layers", layers, "blocks of that model", {.min = 1});
  f.rule(layer < layers, "layer", "a number below `layers`");
  const Recipe recipe = recipe_of(*this);
  rule_norms(f, norm, norm_sites(recipe), layers);
  rule_placement(f, *this, recipe, layers);
}

void rule_placement(Fields& f, const ResidualOptions& options, const Recipe& recipe,
                    int64_t layers) {
  f.rule(recipe.unmet.empty(), "placement", recipe.unmet);
  bool one = true;
  for (int64_t layer = 0; recipe.one_norm && layer < layers; ++layer) {
    const Spec *const attn = options.norm.find("attn", layer), *const ffn =
                                                                   options.norm.find("ffn", layer);
    one = one && (!attn || !ffn || *attn == *ffn);
  }
  f.rule(one, "norm",
         "the same for attn and ffn: one norm serves attn and ffn in this `placement` unless it "
         "says \"shared_norm\": false");
}

std::vector<NormSite> Block::Options::norm_sites(const Recipe& recipe) {
  const auto need = recipe.block_norms ? NormSite::Need::kAlways : NormSite::Need::kNever;
  return {{.name = "attn", .need = need}, {.name = "ffn", .need = need}};
}

Recipe recipe_of(const Block::Options& block) { return recipe_of(block.placement, block.stack()); }

Attention::Options attention_of(const Block::Options& block) {
  Attention::Options made = with_inner_norm(block.attention, block, "attn");
  if (!recipe_of(block).head_norms) return made;
  const Spec& norm = block.norm.at("attn", block.layer);
  if (!made.head_norms.qk_norm) made.head_norms.qk_norm = norm;
  if (!made.head_norms.v_norm) made.head_norms.v_norm = norm;
  return made;
}

BlockSite block_site(const Scope& scope, const Block::Options& options, int64_t width) {
  return {.block = scope,
          .norm = options.norm,
          .width = width,
          .layer = options.layer,
          .stack = options.stack(),
          .drop_path = drop_path_at(options.drop_path, options.layer, options.layers)};
}

Block::Block(const Scope& scope, const Options& options, int64_t width)
    : Module(scope),
      attention_(scope / "attn", attention_of(options), width),
      ffn_(make_ffn(scope / "ffn", with_inner_norm(options.ffn, options, "ffn"), width)),
      dropout_(options.dropout),
      placement_(make_placement(options.placement, block_site(scope, options, width))) {}

Stream Block::on_stream(Context& ctx, const Stream& stream) {
  const PathScope here(ctx, path());
  return placement_->join(
      ctx, stream, [&](Context& c, const Var& x) { return dropout(c, attention_(c, x), dropout_); },
      [&](Context& c, const Var& x) { return dropout(c, (*ffn_)(c, x), dropout_); });
}

Var Block::forward(Context& ctx, const Var& x) { return resolve(ctx, on_stream(ctx, resolved(x))); }

namespace {
const RegisterLayer<Block> registered_block("block",
                                            "a transformer block: attention and feed-forward",
                                            "Vaswani et al. 2017, arXiv:1706.03762");
}  // namespace

}  // namespace norma
