// A decoder-only transformer that predicts the next token.
// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
#include "layers/embedding.h"
#include "models/model.h"
#include "models/transformer.h"

namespace norma {
namespace {

struct GptOptions : TransformerOptions {
  int64_t context = 128;
  std::string positions = "learned";
  double rope_base = 10000;
  bool tie = false;
  void describe(Fields& f) {
    f.integer("context", context, "positions that the model sees at once", {.min = 1});
    TransformerOptions::describe(f);
    f.choice("positions", positions, {"learned", "rope", "none"}, "how positions enter");
    f.number("rope_base", rope_base, "base of the rotary wavelengths", {.above = 0});
    f.flag("tie", tie, "the output projection is the token embedding");
  }
};

class Gpt final : public Module {
 public:
  using Options = GptOptions;
  Gpt(const Scope& scope, const Options& options, const ModelInput& input)
      : Module(scope),
        dropout_(options.dropout),
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
  }

 protected:
  Var forward(Context& ctx, const Var& tokens) override {
    Var x = tokens_(ctx, tokens);
    if (positions_) x = (*positions_)(ctx, x);
    return (*head_)(ctx, trunk_(ctx, dropout(ctx, x, dropout_)));
  }

 private:
  static int64_t vocab_of(const ModelInput& input) {
    expect_input(input.vocab > 0, "gpt", "sequences of tokens", input);
    return input.vocab;
  }
  double dropout_;
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
