#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/json.h"
#include "core/config/registry.h"

namespace norma {

// Turns text into tokens 0 … vocab-1 and back. Immutable, safe to share among threads.
class Tokenizer {
 public:
  // Tokens are kept as uint16.
  static constexpr int64_t kLargestVocab = 65536;

  virtual ~Tokenizer() = default;
  virtual int64_t vocab() const = 0;
  // Error, naming the character and its place, for text that cannot be expressed.
  virtual std::vector<uint16_t> encode(std::string_view text) const = 0;
  // Error for a number that is no token.
  virtual std::string decode(std::span<const int32_t> tokens) const = 0;
  // The token of everything that has none of its own, where there is one.
  virtual std::optional<int32_t> unknown() const { return {}; }
  // In words, e.g. "70 characters".
  virtual std::string summary() const = 0;
  // What load_tokenizer reads: saved with a run, so that its model can be sampled later.
  virtual Json json() const = 0;
};

// What a tokenizer may look at. It learns from the training text alone; the held-out text only
// tells whether a token for unknown characters is needed.
struct TokenizerTexts {
  std::string_view training, heldout;
};

// Kinds of tokenizers: how to learn one from a text, how to read a saved one.
struct TokenizerType {
  std::function<std::unique_ptr<Tokenizer>(const Spec&, const TokenizerTexts&)> learn;
  std::function<std::unique_ptr<Tokenizer>(const Json&)> load;
};
using TokenizerRegistry = Registry<TokenizerType>;
TokenizerRegistry& tokenizer_registry();

std::unique_ptr<Tokenizer> learn_tokenizer(const Spec& spec, const TokenizerTexts& texts);

// Reads what Tokenizer::json() wrote. Error naming `source` where it is damaged.
std::unique_ptr<Tokenizer> load_tokenizer(const Json& saved, std::string_view source);

// Registers a tokenizer with options struct O and T::learn(const O&, texts), T::load(json).
template <class T, class O>
struct RegisterTokenizer {
  RegisterTokenizer(const char* type, const char* summary, const char* source) {
    tokenizer_registry().add({type, summary, source, describe_options<O>()},
                             {[](const Spec& spec, const TokenizerTexts& texts) {
                                return T::learn(options_of<O>(spec), texts);
                              },
                              T::load});
  }
};

}  // namespace norma
