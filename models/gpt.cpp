// A decoder-only transformer that predicts the next token.
// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
#include <utility>

#include "models/language_model.h"

namespace norma {
namespace {

struct GptOptions : LanguageModelOptions {
  void describe(Fields& f) {
    LanguageModelOptions::describe(f);
    f.rule(condition != "mean", "condition",
           "\"first\" or \"none\": a mean over the sequence holds the tokens to be predicted");
  }
  std::vector<std::string> warnings() const {
    std::vector<std::string> all = LanguageModelOptions::warnings();
    for (std::string& each : warnings_of_past_only()) all.push_back(std::move(each));
    return all;
  }
};

class Gpt final : public LanguageModel {
 public:
  using Options = GptOptions;
  Gpt(const Scope& scope, const Options& options, const ModelInput& input)
      : LanguageModel(scope, options, Sees::kPast, tokens_alone(input, "gpt"), input.outputs) {}
};

const RegisterModel<Gpt> registered_gpt("gpt",
                                        "a decoder-only transformer that predicts the next token",
                                        "Radford et al. 2019 (GPT-2)");

}  // namespace
}  // namespace norma
