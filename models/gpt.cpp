// A decoder-only transformer that predicts the next token.
// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
#include "models/language_model.h"

namespace norma {
namespace {

class Gpt final : public LanguageModel {
 public:
  using Options = LanguageModelOptions;
  Gpt(const Scope& scope, const Options& options, const ModelInput& input)
      : LanguageModel(scope, options, Sees::kPast, vocab_of(input), input.outputs) {}

 private:
  static int64_t vocab_of(const ModelInput& input) {
    expect_input(input.vocab > 0, "gpt", "sequences of tokens", input);
    return input.vocab;
  }
};

const RegisterModel<Gpt> registered("gpt",
                                    "a decoder-only transformer that predicts the next token",
                                    "Radford et al. 2019 (GPT-2)");

}  // namespace
}  // namespace norma
