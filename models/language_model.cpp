#include "models/language_model.h"

#include <cmath>

#include "layers/column_gain.h"
#include "layers/weights/unit_weight.h"

namespace norma {

void LanguageModelOptions::describe(Fields& f) {
  f.integer("context", context, "positions that the model sees at once", {.min = 1});
  TransformerOptions::describe(f);
  f.choice("positions", positions, {"learned", "rope", "none"}, "how positions enter");
  f.number("rope_base", rope_base, "base of the rotary wavelengths", {.above = 0});
  f.flag("tie", tie, "the output projection is the token embedding");
  f.flag("embedding_scale", embedding_scale,
         "token embeddings times a learned number that starts at √width, as bounded curves in the "
         "place of norms need it");
  f.maybe_number("final_softcap", final_softcap,
                 "c: the outputs become c·tanh(outputs/c), e.g. 30; null = as they are",
                 {.above = 0});
}

std::vector<std::string> LanguageModelOptions::warnings() const {
  if (embedding_scale || !find_norm([](const NormDefinition& norm) { return norm.bounded; }))
    return {};
  return {
      "model.norm has bounded curves in the place of norms, which need inputs of a size that "
      "embeddings of deviation " +
      format_number(init_std) +
      " do not have; \"embedding_scale\": true starts them √width times as large (Zhu et al. "
      "2025, arXiv:2503.10622)"};
}

LanguageModel::LanguageModel(const Scope& scope, const LanguageModelOptions& options, Sees sees,
                             int64_t vocab, int64_t outputs)
    : HeadedModel(scope),
      dropout_(options.dropout),
      condition_(options.condition),
      softcap_(options.final_softcap),
      root_of_width_(std::sqrt(static_cast<double>(options.width))),
      tokens_(scope / "tok_embed", vocab, options.width, Init::normal(options.init_std)),
      trunk_(scope, options,
             options.block(sees == Sees::kPast, options.positions == "rope", options.rope_base)) {
  if (options.positions == "learned")
    positions_.emplace(scope / "pos_embed", options.context, options.width,
                       Init::normal(options.init_std));
  if (options.tie)
    head_.emplace(scope / "head", tokens_.weight());
  else
    head_.emplace(scope / "head", options.width, outputs, false, Init::normal(options.init_std));
  mark_output_layer(*head_);
  if (options.embedding_scale)
    embedding_scale_ =
        &scope.param("embed_scale", {1}, ParamKind::kScalar, Init::constant(root_of_width_));
  if (options.recipe().unit_sphere) move_to_sphere(scope, outputs);
}

Logits LanguageModel::unresolved(Context& ctx, const Var& tokens) {
  Var x = tokens_(ctx, tokens);
  if (embedding_scale_) x = column_gain(ctx, x, *embedding_scale_);
  if (positions_) x = (*positions_)(ctx, x);
  const Scoped condition(ctx.cond, condition_of(ctx, condition_, x));
  return {.features = trunk_(ctx, dropout(ctx, x, dropout_)),
          .head = &*head_,
          .gain = logit_gain_,
          .gain_factor = root_of_width_,
          .soft_cap = softcap_};
}

// Embeddings and output weights of length 1, logits times learned gains (nGPT).
void LanguageModel::move_to_sphere(const Scope& scope, int64_t outputs) {
  keep_unit_length(scope, tokens_.weight());
  if (&head_->weight() != &tokens_.weight()) keep_unit_length(scope, head_->weight());
  logit_gain_ =
      &scope.param("logit_gain", {outputs}, ParamKind::kGain, Init::constant(1 / root_of_width_));
}

}  // namespace norma
