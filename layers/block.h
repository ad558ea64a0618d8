#pragma once

#include "layers/attention.h"
#include "layers/dropout.h"
#include "layers/moe/moe.h"
#include "layers/residual/placement.h"

namespace norma {

// Norm and placement of a transformer's sublayers.
struct ResidualOptions {
  SpecChoice norm{Spec{"layer_norm"}};
  Spec placement{"pre"};
  double dropout = 0, drop_path = 0;
  void describe(Fields& f, const std::vector<NormSite>& sites);
};

// A transformer block: attention and feed-forward, joined to the stream by the placement. State:
// `attn.*`, `ffn.*` and what the placement learns, mostly `attn_norm.*` and `ffn_norm.*`.
class Block : public Module {
 public:
  struct Options : ResidualOptions {
    Attention::Options attention;
    Ffn::Options ffn;
    int64_t layer = 0, layers = 1;
    int64_t branches = 2, reader_layers = 0;  // as Stack has them; set by models, by no config
    void describe(Fields& f);
    Stack stack() const {
      return {.layers = layers, .branches = branches, .reader_layers = reader_layers};
    }
    void set_qk_norm(const Spec& norm) { attention.head_norms.qk_norm = norm; }
    // Where it has norms, as the placement would have it.
    static std::vector<NormSite> norm_sites(const Recipe& recipe);
  };
  Block(const Scope& scope, const Options& options, int64_t width);
  Block(const Scope& scope, const Options& options, const LayerInput& input)
      : Block(scope, options, input.shape.back()) {}

  Stream on_stream(Context& ctx, const Stream& stream);

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  Attention attention_;
  std::unique_ptr<Module> ffn_;
  double dropout_;
  std::unique_ptr<Placement> placement_;
};

// The rules of a placement that look at the blocks around it.
void rule_placement(Fields& f, const ResidualOptions& options, const Recipe& recipe,
                    int64_t layers);

BlockSite block_site(const Scope& scope, const Block::Options& options, int64_t width);
Recipe recipe_of(const Block::Options& block);

// The options of the sublayer at a site of the block, with what its placement asks for inside.
template <class Options>
Options with_inner_norm(Options sublayer, const Block::Options& block, const char* site) {
  const Recipe recipe = recipe_of(block);
  if constexpr (requires { sublayer.unit_sphere; }) sublayer.unit_sphere = recipe.unit_sphere;
  if (recipe.inner_norm && !sublayer.inner_norm)
    sublayer.inner_norm = block.norm.at(site, block.layer);
  return sublayer;
}
// The same of the self-attention, whose heads may get norms too.
Attention::Options attention_of(const Block::Options& block);

}  // namespace norma
