#include "data/text/tokenizer.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace norma {

TokenizerRegistry& tokenizer_registry() {
  static TokenizerRegistry registry("tokenizer");
  return registry;
}

std::unique_ptr<Tokenizer> learn_tokenizer(const Spec& spec, const TokenizerTexts& texts) {
  auto tokenizer = tokenizer_registry().at(spec.type).learn(spec, texts);
  if (tokenizer->vocab() > Tokenizer::kLargestVocab)
    throw Error("[" + spec.type + " tokenizer] the text needs " +
                std::to_string(tokenizer->vocab()) + " tokens, at most " +
                std::to_string(Tokenizer::kLargestVocab) + " are possible");
  return tokenizer;
}

std::unique_ptr<Tokenizer> load_tokenizer(const Json& saved, std::string_view source) {
  try {
    return tokenizer_registry().at(saved.at("type").get<std::string>()).load(saved);
  } catch (const Json::exception& fault) {
    throw Error(std::string(source) + ": not a saved tokenizer: " + fault.what());
  } catch (const Error& fault) {
    throw Error(std::string(source) + ": not a saved tokenizer: " + fault.what());
  }
}

}  // namespace norma
