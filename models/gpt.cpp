// A decoder-only transformer that predicts the next token.
// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
#include <cmath>

#include "layers/column_gain.h"
#include "layers/embedding.h"
#include "layers/soft_cap.h"
#include "layers/weights/unit_weight.h"
#include "models/model.h"
#include "models/transformer.h"

namespace norma {
namespace {

struct GptOptions : TransformerOptions {
  int64_t context = 128;
  std::string positions = "learned";
  double rope_base = 10000;
  bool tie = false, embedding_scale = false;
  std::optional<double> final_softcap;
  void describe(Fields& f) {
    f.integer("context", context, "positions that the model sees at once", {.min = 1});
    TransformerOptions::describe(f);
    f.choice("positions", positions, {"learned", "rope", "none"}, "how positions enter");
    f.number("rope_base", rope_base, "base of the rotary wavelengths", {.above = 0});
    f.flag("tie", tie, "the output projection is the token embedding");
    f.flag(
        "embedding_scale", embedding_scale,
        "token embeddings times a learned number that starts at √width, as bounded curves in the "
        "place of norms need it");
    f.maybe_number("final_softcap", final_softcap,
                   "c: the outputs become c·tanh(outputs/c), e.g. 30; null = as they are",
                   {.above = 0});
  }
  std::vector<std::string> warnings() const {
    if (embedding_scale || !has_bounded_norm()) return {};
    return {
        "model.norm has bounded curves in the place of norms, which need inputs of a size that "
        "embeddings of deviation " +
        format_number(init_std) +
        " do not have; \"embedding_scale\": true starts them √width times as large (Zhu et al. "
        "2025, arXiv:2503.10622)"};
  }
};

class Gpt final : public Module {
 public:
  using Options = GptOptions;
  Gpt(const Scope& scope, const Options& options, const ModelInput& input)
      : Module(scope),
        dropout_(options.dropout),
        softcap_(options.final_softcap),
        root_of_width_(std::sqrt(static_cast<double>(options.width))),
        tokens_(scope / "tok_embed", vocab_of(input), options.width,
                Init::normal(options.init_std)),
        trunk_(scope, options,
               options.block(true, options.positions == "rope", options.rope_base)) {
    if (options.positions == "learned")
      positions_.emplace(scope / "pos_embed", options.context, options.width,
                         Init::normal(options.init_std));
    if (options.tie)
      head_.emplace(scope / "head", tokens_.weight());
    else
      head_.emplace(scope / "head", options.width, input.outputs, false,
                    Init::normal(options.init_std));
    mark_output_layer(*head_);
    if (options.embedding_scale)
      embedding_scale_ =
          &scope.param("embed_scale", {1}, ParamKind::kScalar, Init::constant(root_of_width_));
    if (options.recipe().unit_sphere) move_to_sphere(scope, input.outputs);
  }

 protected:
  Var forward(Context& ctx, const Var& tokens) override {
    Var x = tokens_(ctx, tokens);
    if (embedding_scale_) x = column_gain(ctx, x, *embedding_scale_);
    if (positions_) x = (*positions_)(ctx, x);
    Var logits = (*head_)(ctx, trunk_(ctx, dropout(ctx, x, dropout_)));
    if (logit_gain_) logits = column_gain(ctx, logits, *logit_gain_, root_of_width_);
    return softcap_ ? soft_cap(ctx, std::move(logits), *softcap_) : logits;
  }

 private:
  static int64_t vocab_of(const ModelInput& input) {
    expect_input(input.vocab > 0, "gpt", "sequences of tokens", input);
    return input.vocab;
  }
  // Embeddings and output weights of length 1, logits times learned gains (nGPT).
  void move_to_sphere(const Scope& scope, int64_t outputs) {
    keep_unit_length(scope, tokens_.weight());
    if (&head_->weight() != &tokens_.weight()) keep_unit_length(scope, head_->weight());
    logit_gain_ =
        &scope.param("logit_gain", {outputs}, ParamKind::kGain, Init::constant(1 / root_of_width_));
  }

  double dropout_;
  std::optional<double> softcap_;
  double root_of_width_;
  Param *embedding_scale_ = nullptr, *logit_gain_ = nullptr;
  Embedding tokens_;
  std::optional<LearnedPositions> positions_;
  Transformer trunk_;
  std::optional<Linear> head_;
};

const RegisterModel<Gpt> registered("gpt",
                                    "a decoder-only transformer that predicts the next token",
                                    "Radford et al. 2019 (GPT-2)");

}  // namespace
}  // namespace norma
