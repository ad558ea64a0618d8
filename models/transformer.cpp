#include "models/transformer.h"

#include <nlohmann/json.hpp>

namespace norma {

void TransformerOptions::describe(Fields& f) {
  f.integer("layers", layers, "blocks", {.min = 1});
  f.integer("share_layers", share_layers,
            "consecutive blocks that use the same parameters; 1 = each has its own, as many as "
            "`layers` = ALBERT",
            {.min = 1});
  f.integer("width", width, "features of the stream", {.min = 1});
  f.integer("heads", heads, "attention heads; the width must be a multiple", {.min = 1});
  f.maybe_integer("kv_heads", kv_heads, "key/value heads; null = as many as heads", {.min = 1});
  ResidualOptions::describe(f, norm_sites());
  ConditionOptions::describe(f);
  HeadNormOptions::describe(f);
  f.object(
      "ffn",
      [&](Fields& inner) {
        inner.maybe_integer("hidden", hidden,
                            "features between the products; null = 4 × width, gated 8/3 × width",
                            {.min = 1});
        inner.choice("activation", activation,
                     {"gelu", "gelu_tanh", "silu", "relu", "relu2", "swiglu", "geglu"},
                     "the function between them");
        inner.spec("router", router, router_registry(),
                   "chooses among several such networks, the experts, for each token; null = one "
                   "for all");
      },
      "the feed-forward part");
  f.flag("bias", bias, "biases in attention and feed-forward");
  f.number(
      "init_std", init_std,
      "deviation of normal initial weights; the placement makes that of some smaller or larger",
      {.above = 0});
  f.maybe_number("qk_init_std", qk_init_std,
                 "the same for queries and keys, as it stands; null = as the placement has it; 0: "
                 "every position attends to all it sees alike at first",
                 {.min = 0});
  f.choice("output_init", output_init, {"placement", "plain", "depth_scaled"},
           "initial weights of projections that end on the stream: as the placement asks, like all "
           "others, or smaller by the root of the number of branches, √(2·layers)");
  describe_reparam(f, reparam);
  const Recipe asked = recipe();
  f.rule(!reparam || !asked.unit_sphere, "reparam",
         "null: this `placement` keeps weights at length 1 in its own way");
  f.rule(!reparam || !router, "reparam", "null where `ffn.router` chooses among experts");
  f.rule(!router || !asked.unit_sphere, "ffn",
         "no `router`: this `placement` keeps weights at length 1, and experts have none");
  f.rule(qk_init_std != 0.0 || !(reparam || asked.unit_sphere), "qk_init_std",
         "above 0 where rows of weights are normalized, by `reparam` or this `placement`");
  f.rule(layers % share_layers == 0, "share_layers", "a divisor of `layers`");
  f.rule(width % heads == 0, "width", "a multiple of `heads`");
  f.rule(output_init != "depth_scaled" || !asked.damps_depth, "output_init",
         "\"placement\" or \"plain\": this `placement` holds deep branches small already, and "
         "would do so twice");
  f.rule(heads % kv_heads.value_or(heads) == 0, "kv_heads", "a divisor of `heads`");
  f.rule(!qk_gain || kv_heads.value_or(heads) == heads, "qk_gain",
         "null where queries and keys have different numbers of heads (`kv_heads`)");
  rule_norms(f, norm, norm_sites(), layers);
  rule_placement(f, *this, asked, layers);
  ConditionOptions::rules(f, asked);
  bool asks_heads = any_norm();
  for (int64_t layer = 0; layer < layers; ++layer)
    asks_heads = asks_heads || norm.find_named("qk", layer);
  f.rule(!asked.unit_sphere || !asks_heads, "placement",
         "another beside `qk_norm`, `k_norm`, `v_norm`, `qk_gain`, `logit_scale` or a norm of the "
         "site qk: this one has norms and gains of its own for queries and keys");
  f.rule(!asked.unit_sphere || kv_heads.value_or(heads) == heads, "kv_heads",
         "null with this `placement`, where queries and keys share their gains");
  f.rule(layers_that_share_agree(), "norm",
         "the same in all layers that share their parameters (`share_layers`)");
}

bool TransformerOptions::layers_that_share_agree() const {
  for (int64_t layer = 0; layer < layers; ++layer) {
    const int64_t owner = layer - layer % share_layers;
    if (qk_norm_of(layer) != qk_norm_of(owner)) return false;
    for (const NormSite& site : norm_sites()) {
      if (site.where != NormSite::Where::kEveryLayer || site.need != NormSite::Need::kAlways)
        continue;
      const Spec *const here = norm.find(site.name, layer), *const there =
                                                                norm.find(site.name, owner);
      if (here && there && *here != *there) return false;
    }
  }
  return true;
}

const Spec& TransformerOptions::qk_norm_of(int64_t layer) const {
  const Spec* const named = norm.find_named("qk", layer);
  return named ? *named : qk_norm;
}

const Spec* TransformerOptions::find_norm(FunctionRef<bool(const NormDefinition&)> is_so) const {
  for (const NormSite& site : norm_sites())
    for (int64_t layer = 0; layer < layers; ++layer) {
      if (site.need == NormSite::Need::kNever) continue;
      const bool only_named = site.need == NormSite::Need::kIfNamed;
      const Spec* spec =
          only_named ? norm.find_named(site.name, layer) : norm.find(site.name, layer);
      if (spec && is_so(norm_registry().at(spec->type).define(*spec))) return spec;
    }
  return nullptr;
}

std::vector<std::string> TransformerOptions::warnings_of_past_only() const {
  const Spec* const leaks =
      find_norm([](const NormDefinition& norm) { return !norm.domain.per_row(); });
  if (!leaks) return {};
  return {"model.norm: the statistics of " + leaks->type +
          " run over positions, so what is made of a token depends on later ones, which are to be "
          "predicted: losses with batch or sample statistics flatter the model"};
}

std::vector<NormSite> TransformerOptions::norm_sites() const {
  using Where = NormSite::Where;
  using Need = NormSite::Need;
  const Recipe asked = recipe();
  std::vector<NormSite> sites = Block::Options::norm_sites(asked);
  sites.push_back({"qk", Where::kEveryLayer, Need::kIfNamed});
  sites.push_back({"final", Where::kLast, asked.final_norm ? Need::kAlways : Need::kNever});
  sites.push_back(
      {"embedding", Where::kFirst, asked.embedding_norm ? Need::kAlways : Need::kIfNamed});
  return sites;
}

// Blocks that share parameters differ in depth: placements and random numbers still see that.
Scope TransformerOptions::place_of(const Scope& scope, int64_t layer) const {
  const int64_t owner = layer - layer % share_layers;
  const Scope place = scope / "blocks" / layer;
  return owner == layer ? place : place.sharing(scope / "blocks" / owner);
}

Block::Options TransformerOptions::block(bool causal, bool rope, double rope_base) const {
  InitialDeviations init = recipe().init;
  if (output_init == "depth_scaled") init = InitialDeviations::depth_scaled(stack());
  if (output_init == "plain") init.attention_out = init.ffn_out = init_std;
  if (qk_init_std) init.query_key = *qk_init_std;
  Block::Options made;
  static_cast<ResidualOptions&>(made) = *this;
  made.attention = {.heads = heads,
                    .kv_heads = kv_heads,
                    .causal = causal,
                    .rope = rope,
                    .bias = bias,
                    .rope_base = rope_base,
                    .head_norms = *this,
                    .init_std = init.query_key,
                    .value_init_std = init.value,
                    .out_init_std = init.attention_out};
  made.ffn = {.hidden = hidden,
              .activation = activation,
              .bias = bias,
              .init_std = init.ffn_in,
              .out_init_std = init.ffn_out,
              .router = router};
  made.attention.reparam = made.ffn.reparam = reparam;
  made.layers = layers;
  made.branches = branches;
  made.reader_layers = reader_layers;
  return made;
}

}  // namespace norma
