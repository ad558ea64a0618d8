#pragma once

#include <vector>

#include "layers/block.h"

namespace norma {

// What all transformers of this house have in common, said once for their configs.
struct TransformerOptions : ResidualOptions {
  int64_t layers = 4, width = 128, heads = 4;
  std::optional<int64_t> kv_heads;
  Spec qk_norm;
  std::optional<double> logit_softcap;
  std::optional<int64_t> hidden;
  std::string activation = "gelu";
  bool bias = true;
  double init_std = 0.02;
  void describe(Fields& f);

  // What the placement asks for at this depth.
  Recipe recipe() const { return recipe_of(placement, {layers, init_std}); }
  // Options of every block, its initial weights as the recipe says.
  Block::Options block(bool causal, bool rope, double rope_base) const;
};

// A stack of blocks, with a norm before and behind it where the placement asks for one. State:
// `embed_norm.*`, `blocks.N.*`, `final_norm.*`.
class Transformer {
 public:
  Transformer(const Scope& scope, const TransformerOptions& options, const Block::Options& block);
  Var operator()(Context& ctx, const Var& x);

 private:
  std::vector<std::unique_ptr<Block>> blocks_;
  std::unique_ptr<Norm> embed_norm_, final_norm_;
};

}  // namespace norma
