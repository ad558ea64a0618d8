#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "core/error.h"
#include "data/text/tokenizer.h"
#include "data/text/utf8.h"

namespace norma {
namespace {

constexpr char32_t kReplacement = 0xFFFD;  // Unicode's sign for what could not be expressed

// All characters of a UTF-8 text, in ascending order, each once.
std::u32string characters_of(std::string_view text, const char* which) {
  std::array<bool, 128> ascii{};
  std::unordered_set<char32_t> others;
  for (size_t position = 0; position < text.size();) {
    const auto character = next_character(text, position);
    if (!character)
      throw Error(std::string("[char tokenizer] the ") + which +
                  " text is not valid UTF-8 at byte " + std::to_string(position) +
                  "; the tokenizers \"byte\" and \"bpe\" take any bytes");
    if (*character < 128)
      ascii[*character] = true;
    else
      others.insert(*character);
  }
  std::u32string characters;
  for (char32_t c = 0; c < 128; ++c)
    if (ascii[c]) characters += c;
  characters.append(others.begin(), others.end());
  std::sort(characters.begin(), characters.end());
  return characters;
}

// A token is a character of the training text, numbered by code point. Where the held-out text has
// others, one more token stands for all of them.
class CharTokenizer : public Tokenizer {
 public:
  struct Options {
    void describe(Fields&) {}
  };
  static std::unique_ptr<Tokenizer> learn(const Options&, const TokenizerTexts& texts) {
    const std::u32string known = characters_of(texts.training, "training");
    const std::u32string met = characters_of(texts.heldout, "held-out");
    const bool all_known = std::includes(known.begin(), known.end(), met.begin(), met.end());
    return std::make_unique<CharTokenizer>(known, !all_known);
  }
  static std::unique_ptr<Tokenizer> load(const Json& saved) {
    const std::string characters = saved.at("characters").get<std::string>();
    std::u32string known;
    for (size_t position = 0; position < characters.size();) {
      const auto character = next_character(characters, position);
      if (!character) throw Error("its characters are not valid UTF-8");
      if (!known.empty() && *character <= known.back())
        throw Error("its characters are not in ascending order at " +
                    name_of_character(*character));
      known += *character;
    }
    return std::make_unique<CharTokenizer>(known, saved.at("unknown").get<bool>());
  }

  CharTokenizer(std::u32string characters, bool with_unknown)
      : characters_(std::move(characters)), with_unknown_(with_unknown) {
    for (size_t i = 0; i < characters_.size(); ++i)
      token_of_[characters_[i]] = static_cast<int32_t>(i);
    for (char32_t c = 0; c < 128; ++c) {
      const auto entry = token_of_.find(c);
      ascii_[c] = entry == token_of_.end() ? -1 : entry->second;
    }
  }

  int64_t vocab() const override { return std::ssize(characters_) + with_unknown_; }

  std::vector<uint16_t> encode(std::string_view text) const override {
    std::vector<uint16_t> tokens;
    tokens.reserve(text.size());
    for (size_t position = 0; position < text.size();) {
      const size_t start = position;
      const auto character = next_character(text, position);
      if (!character)
        throw Error("[char tokenizer] the text is not valid UTF-8 at byte " +
                    std::to_string(start));
      const int32_t token = token_of(*character);
      if (token < 0)
        throw Error("[char tokenizer] " + name_of_character(*character) + " at byte " +
                    std::to_string(start) + " does not occur in the training text, whose " +
                    std::to_string(characters_.size()) + " characters are all it knows");
      tokens.push_back(static_cast<uint16_t>(token));
    }
    return tokens;
  }

  std::string decode(std::span<const int32_t> tokens) const override {
    std::string text;
    for (const int32_t token : tokens) {
      if (token < 0 || token >= vocab())
        throw Error("[char tokenizer] " + std::to_string(token) + " is no token of " +
                    std::to_string(vocab()));
      append_utf8(text,
                  token == unknown() ? kReplacement : characters_[static_cast<size_t>(token)]);
    }
    return text;
  }

  std::optional<int32_t> unknown() const override {
    if (!with_unknown_) return {};
    return static_cast<int32_t>(characters_.size());
  }

  std::string summary() const override {
    return std::to_string(characters_.size()) + " characters" +
           (with_unknown_ ? " and one token for unknown ones" : "");
  }

  Json json() const override {
    std::string characters;
    for (const char32_t c : characters_) append_utf8(characters, c);
    return {{"type", "char"}, {"characters", characters}, {"unknown", with_unknown_}};
  }

 private:
  // -1 where it has none.
  int32_t token_of(char32_t character) const {
    int32_t token = -1;
    if (character < 128) {
      token = ascii_[character];
    } else if (const auto entry = token_of_.find(character); entry != token_of_.end()) {
      token = entry->second;
    }
    return token < 0 ? unknown().value_or(-1) : token;
  }

  std::u32string characters_;
  bool with_unknown_;
  std::array<int32_t, 128> ascii_{};
  std::unordered_map<char32_t, int32_t> token_of_;
};

const RegisterTokenizer<CharTokenizer, CharTokenizer::Options> registered_char_tokenizer(
    "char", "a token a character of the training text", "");

}  // namespace
}  // namespace norma
