#include "core/error.h"
#include "data/text/tokenizer.h"

#include <nlohmann/json.hpp>

namespace norma {
namespace {

// A token is a byte: any file can be read, in any language, with 256 tokens.
class ByteTokenizer : public Tokenizer {
 public:
  struct Options {
    void describe(Fields&) {}
  };
  static std::unique_ptr<Tokenizer> learn(const Options&, const TokenizerTexts&) {
    return std::make_unique<ByteTokenizer>();
  }
  static std::unique_ptr<Tokenizer> load(const Json&) { return std::make_unique<ByteTokenizer>(); }

  int64_t vocab() const override { return 256; }
  std::vector<uint16_t> encode(std::string_view text) const override {
    std::vector<uint16_t> tokens;
    tokens.reserve(text.size());
    for (const char c : text) tokens.push_back(static_cast<uint8_t>(c));
    return tokens;
  }
  std::string decode(std::span<const int32_t> tokens) const override {
    std::string text;
    for (const int32_t token : tokens) {
      if (token < 0 || token > 255)
        throw Error("[byte tokenizer] " + std::to_string(token) + " is no byte");
      text += static_cast<char>(static_cast<uint8_t>(token));
    }
    return text;
  }
  std::string summary() const override { return "bytes"; }
  Json json() const override { return {{"type", "byte"}}; }
};

const RegisterTokenizer<ByteTokenizer, ByteTokenizer::Options> registered_byte_tokenizer(
    "byte", "a token a byte: 256 tokens, any file", "");

}  // namespace
}  // namespace norma
