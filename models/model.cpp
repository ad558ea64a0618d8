#include "models/model.h"

#include <string>

#include "core/error.h"

namespace norma {

Registry<ModelType>& model_registry() {
  static Registry<ModelType> registry("model");
  return registry;
}

std::unique_ptr<Module> make_model(const Scope& scope, const Spec& spec, const ModelInput& input) {
  return model_registry().at(spec.type).make(scope, spec, input);
}

std::vector<std::string> model_warnings(const Spec& spec) {
  return model_registry().at(spec.type).warnings(spec);
}

Logits HeadedModel::logits(Context& ctx, const Var& x) {
  const PathScope here(ctx, path());
  Logits made = unresolved(ctx, x);
  made.path = &path();
  return made;
}

Logits logits_of(Module& model, Context& ctx, const Var& x) {
  HeadedModel* const headed = dynamic_cast<HeadedModel*>(&model);
  return headed ? headed->logits(ctx, x) : resolved_logits(model(ctx, x));
}

void mark_output_layer(const Linear& head) {
  head.weight().output_layer = true;
  if (head.bias()) head.bias()->output_layer = true;
}

int64_t tokens_alone(const ModelInput& input, const char* model) {
  expect_input(input.vocab > 0, model, "sequences of tokens", input);
  if (input.answer > 0)
    throw Error(std::string("model \"") + model +
                "\" says something of each token of its input; the data ask for another sequence, "
                "which model \"seq2seq\" answers");
  return input.vocab;
}

void expect_input(bool fits, const char* model, const char* expected, const ModelInput& input) {
  if (fits) return;
  std::string found = std::to_string(input.features) + " features";
  if (input.vocab > 0) found = "tokens from a vocabulary of " + std::to_string(input.vocab);
  if (input.height > 0)
    found = "images of " + std::to_string(input.height) + "×" + std::to_string(input.width) + "×" +
            std::to_string(input.channels);
  throw Error(std::string("model \"") + model + "\" takes " + expected + "; the data offers " +
              found);
}

}  // namespace norma
