#pragma once

#include <vector>

#include "layers/block.h"
#include "models/condition.h"

namespace norma {

// What all transformers of this house have in common, said once for their configs.
struct TransformerOptions : ResidualOptions, HeadNormOptions, ConditionOptions {
  int64_t layers = 4, width = 128, heads = 4;
  int64_t share_layers = 1;
  std::optional<int64_t> kv_heads;
  std::optional<int64_t> hidden;
  std::string activation = "gelu", output_init = "placement";
  Spec router, reparam;
  bool bias = true;
  double init_std = 0.02;
  std::optional<double> qk_init_std;
  int64_t branches = 2, reader_layers = 0;  // as Stack has them; set by models, by no config
  void describe(Fields& f);

  // Where norms sit, as the placement has it.
  std::vector<NormSite> norm_sites() const;
  // What the placement asks for at this depth.
  Recipe recipe() const { return recipe_of(placement, stack()); }
  Stack stack() const {
    return {.layers = layers,
            .branches = branches,
            .reader_layers = reader_layers,
            .init_std = init_std};
  }
  // The first norm of the stack that is so; null: none.
  const Spec* find_norm(FunctionRef<bool(const NormDefinition&)> is_so) const;
  // What to say of a stack that must not see ahead but whose norms do.
  std::vector<std::string> warnings_of_past_only() const;
  // Where a block of a stack stands: one that shares its parameters, at their owner's state.
  Scope place_of(const Scope& scope, int64_t layer) const;
  // The norm of queries and keys in a layer: the site's, or else the option's.
  const Spec& qk_norm_of(int64_t layer) const;
  bool layers_that_share_agree() const;
  // Options of every block, its initial weights as the recipe says.
  Block::Options block(bool causal, bool rope, double rope_base) const;
};

// A stack of blocks of kind B, with a norm before and behind it where the placement asks for one or
// the config names its site. State: `embed_norm.*`, `blocks.N.*`, `final_norm.*`; of blocks that
// share their parameters, those of the first.
template <class B>
class BlockStack {
 public:
  // `block` holds the options of every block but its number and its norm of queries and keys.
  BlockStack(const Scope& scope, const TransformerOptions& options,
             const typename B::Options& block);
  Var operator()(Context& ctx, const Var& x);

 private:
  std::vector<std::unique_ptr<B>> blocks_;
  std::unique_ptr<Norm> embed_norm_, final_norm_;
};

template <class B>
BlockStack<B>::BlockStack(const Scope& scope, const TransformerOptions& options,
                          const typename B::Options& block) {
  typename B::Options here = block;
  for (here.layer = 0; here.layer < options.layers; ++here.layer) {
    here.set_qk_norm(options.qk_norm_of(here.layer));
    blocks_.push_back(
        std::make_unique<B>(options.place_of(scope, here.layer), here, options.width));
  }
  const Recipe recipe = options.recipe();
  if (recipe.embedding_norm || options.norm.find_named("embedding", 0))
    embed_norm_ = make_norm(scope / "embed_norm", options.norm.at("embedding", 0), options.width);
  if (recipe.final_norm)
    final_norm_ = make_norm(scope / "final_norm", options.norm.at("final", options.layers - 1),
                            options.width);
}

template <class B>
Var BlockStack<B>::operator()(Context& ctx, const Var& x) {
  Stream stream = resolved(embed_norm_ ? (*embed_norm_)(ctx, x) : x);
  for (const auto& block : blocks_) stream = block->on_stream(ctx, stream);
  return end_stream(ctx, stream, final_norm_.get());
}

using Transformer = BlockStack<Block>;

}  // namespace norma
