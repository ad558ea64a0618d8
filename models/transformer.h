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

  // Options of each block. Projections that end on the stream start smaller by √(2·layers), so that
  // the stream's variance at the start does not grow with depth (Radford et al. 2019, GPT-2).
  Block::Options block(bool causal, bool rope, double rope_base) const;
};

// A stack of blocks and, where the placement asks for it, the final norm. State: `blocks.N.*`,
// `final_norm.*`.
class Transformer {
 public:
  Transformer(const Scope& scope, const TransformerOptions& options, const Block::Options& block);
  Var operator()(Context& ctx, const Var& x);

 private:
  std::vector<std::unique_ptr<Block>> blocks_;
  std::unique_ptr<Norm> final_norm_;
};

}  // namespace norma
