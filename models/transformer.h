#pragma once

#include <vector>

#include "layers/block.h"

namespace norma {

// What all transformers of this house have in common, said once for their configs.
struct TransformerOptions : ResidualOptions, HeadNormOptions {
  int64_t layers = 4, width = 128, heads = 4;
  int64_t share_layers = 1;
  std::optional<int64_t> kv_heads;
  std::optional<int64_t> hidden;
  std::string activation = "gelu", output_init = "placement";
  Spec router, reparam;
  bool bias = true;
  double init_std = 0.02;
  void describe(Fields& f);

  // Where norms sit, as the placement has it.
  std::vector<NormSite> norm_sites() const;
  // What the placement asks for at this depth.
  Recipe recipe() const { return recipe_of(placement, {.layers = layers, .init_std = init_std}); }
  // Whether some norm is a curve bounded at the input's own size.
  bool has_bounded_norm() const;
  // Where a block of a stack stands: one that shares its parameters, at their owner's state.
  Scope place_of(const Scope& scope, int64_t layer) const;
  // The norm of queries and keys in a layer: the site's, or else the option's.
  const Spec& qk_norm_of(int64_t layer) const;
  bool layers_that_share_agree() const;
  // Options of every block, its initial weights as the recipe says.
  Block::Options block(bool causal, bool rope, double rope_base) const;
};

// A stack of blocks, with a norm before and behind it where the placement asks for one. State:
// `embed_norm.*`, `blocks.N.*`, `final_norm.*`; of blocks that share their parameters, those of the
// first.
class Transformer {
 public:
  Transformer(const Scope& scope, const TransformerOptions& options, const Block::Options& block);
  Var operator()(Context& ctx, const Var& x);

 private:
  std::vector<std::unique_ptr<Block>> blocks_;
  std::unique_ptr<Norm> embed_norm_, final_norm_;
};

}  // namespace norma
