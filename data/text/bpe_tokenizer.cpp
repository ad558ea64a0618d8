#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/error.h"
#include "data/text/bpe.h"
#include "data/text/tokenizer.h"

namespace norma {
namespace {

// Byte-pair encoding with merges learned from the training text. Any bytes can be written in it.
class BpeTokenizer : public Tokenizer {
 public:
  struct Options {
    int64_t vocab = 1024;
    void describe(Fields& f) {
      f.integer("vocab", vocab, "tokens: 256 bytes and the merges learned from the training text",
                {.min = 257, .max = kLargestVocab});
    }
  };
  static std::unique_ptr<Tokenizer> learn(const Options& options, const TokenizerTexts& texts) {
    return std::make_unique<BpeTokenizer>(
        learn_bpe(texts.training, static_cast<size_t>(options.vocab - 256)));
  }
  static std::unique_ptr<Tokenizer> load(const Json& saved) {
    std::vector<BpeMerge> merges;
    for (const auto& merge : saved.at("merges")) {
      const int64_t known = 256 + std::ssize(merges);
      const auto part = [&](size_t i) {
        const int64_t token = merge.at(i).get<int64_t>();
        if (token < 0 || token >= known)
          throw Error("merge " + std::to_string(merges.size()) + " joins token " +
                      std::to_string(token) + ", of which there are " + std::to_string(known));
        return static_cast<uint16_t>(token);
      };
      if (merge.size() != 2 || known >= kLargestVocab)
        throw Error("merge " + std::to_string(merges.size()) + " is not a pair, or one too many");
      merges.emplace_back(part(0), part(1));
    }
    return std::make_unique<BpeTokenizer>(std::move(merges));
  }

  explicit BpeTokenizer(std::vector<BpeMerge> merges) : merges_(std::move(merges)) {
    for (int byte = 0; byte < 256; ++byte)
      text_of_.emplace_back(1, static_cast<char>(static_cast<uint8_t>(byte)));
    for (const auto& [first, second] : merges_) {
      token_of_.try_emplace(uint32_t{first} << 16 | second, static_cast<uint16_t>(text_of_.size()));
      text_of_.push_back(text_of_[first] + text_of_[second]);
      if (text_of_.back().size() > kLongestBpePiece)
        throw Error("token " + std::to_string(text_of_.size() - 1) + " stands for more than " +
                    std::to_string(kLongestBpePiece) + " bytes");
    }
  }

  int64_t vocab() const override { return std::ssize(text_of_); }

  std::vector<uint16_t> encode(std::string_view text) const override {
    std::unordered_map<std::string_view, std::vector<uint16_t>> known;  // most words come again
    std::vector<uint16_t> tokens;
    for (size_t position = 0; position < text.size();) {
      const std::string_view piece = next_bpe_piece(text, position);
      position += piece.size();
      const auto [entry, is_new] = known.try_emplace(piece);
      if (is_new) entry->second = encode_piece(piece);
      tokens.insert(tokens.end(), entry->second.begin(), entry->second.end());
    }
    return tokens;
  }

  std::string decode(std::span<const int32_t> tokens) const override {
    std::string text;
    for (const int32_t token : tokens) {
      if (token < 0 || token >= vocab())
        throw Error("[bpe tokenizer] " + std::to_string(token) + " is no token of " +
                    std::to_string(vocab()));
      text += text_of_[static_cast<size_t>(token)];
    }
    return text;
  }

  std::string summary() const override {
    return "byte-pair encoding, " + std::to_string(merges_.size()) + " merges";
  }
  Json json() const override { return {{"type", "bpe"}, {"merges", merges_}}; }

 private:
  // Applies the merges in the order they were learned in, as learning did.
  std::vector<uint16_t> encode_piece(std::string_view piece) const {
    std::vector<uint16_t> tokens;
    for (const char c : piece) tokens.push_back(static_cast<uint8_t>(c));
    for (;;) {
      int32_t earliest = std::numeric_limits<int32_t>::max();
      for (size_t i = 0; i + 1 < tokens.size(); ++i)
        earliest = std::min(earliest, merged(tokens[i], tokens[i + 1]));
      if (earliest == std::numeric_limits<int32_t>::max()) return tokens;
      size_t kept = 0;
      for (size_t i = 0; i < tokens.size(); ++i) {
        const bool joins = i + 1 < tokens.size() && merged(tokens[i], tokens[i + 1]) == earliest;
        tokens[kept++] = joins ? static_cast<uint16_t>(earliest) : tokens[i];
        i += joins;
      }
      tokens.resize(kept);
    }
  }

  // The token that a pair becomes, or the largest number.
  int32_t merged(uint16_t first, uint16_t second) const {
    const auto entry = token_of_.find(uint32_t{first} << 16 | second);
    return entry == token_of_.end() ? std::numeric_limits<int32_t>::max() : entry->second;
  }

  std::vector<BpeMerge> merges_;
  std::unordered_map<uint32_t, uint16_t> token_of_;
  std::vector<std::string> text_of_;
};

const RegisterTokenizer<BpeTokenizer, BpeTokenizer::Options> registered_bpe_tokenizer(
    "bpe", "byte-pair encoding learned from the training text",
    "Sennrich, Haddow and Birch 2016; over bytes as GPT-2, Radford et al. 2019");

}  // namespace
}  // namespace norma
