// A bidirectional transformer that names masked tokens from what stands on both sides of them.
// Devlin et al. 2018 (BERT), arXiv:1810.04805. Padding is never attended to.
#include "models/language_model.h"

namespace norma {
namespace {

struct EncoderOptions : LanguageModelOptions {
  EncoderOptions() { tie = true; }
};

class Encoder final : public LanguageModel {
 public:
  using Options = EncoderOptions;
  Encoder(const Scope& scope, const Options& options, const ModelInput& input)
      : LanguageModel(scope, options, Sees::kAll, vocab_of(input), input.outputs) {}

 private:
  static int64_t vocab_of(const ModelInput& input) {
    if (input.next_token)
      throw Error(
          "model \"encoder\" sees every token of its input, the next one included, which these "
          "data ask for; expected data that mask what they ask, as data.type \"masked_tokens\"");
    return tokens_alone(input, "encoder");
  }
};

const RegisterModel<Encoder> registered_encoder(
    "encoder", "a bidirectional transformer that names masked tokens",
    "Devlin et al. 2018 (BERT), arXiv:1810.04805");

}  // namespace
}  // namespace norma
