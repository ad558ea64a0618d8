#include "models/model.h"

#include <string>

#include "core/error.h"

namespace norma {

Registry<MakeModel>& model_registry() {
  static Registry<MakeModel> registry("model");
  return registry;
}

std::unique_ptr<Module> make_model(const Scope& scope, const Spec& spec, const ModelInput& input) {
  return model_registry().at(spec.type)(scope, spec, input);
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
