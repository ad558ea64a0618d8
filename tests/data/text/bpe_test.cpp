#include "data/text/bpe.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/rng.h"
#include "data/text/synthetic_text.h"
#include "data/text/tokenizer.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces;
  for (size_t position = 0; position < text.size(); position += pieces.back().size())
    pieces.emplace_back(next_bpe_piece(text, position));
  return pieces;
}

std::string random_text(uint64_t seed, size_t size, std::string_view letters) {
  RandomSequence random(RandomStream(seed, 9));
  std::string text;
  for (size_t i = 0; i < size; ++i) text += letters[random.below(letters.size())];
  return text;
}

std::string random_bytes(uint64_t seed, size_t size) {
  RandomSequence random(RandomStream(seed, 10));
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(static_cast<uint8_t>(random.word()));
  return text;
}

// Byte-pair encoding by its definition: counts everything anew for each merge.
std::vector<BpeMerge> learn_by_hand(std::string_view text, size_t merges) {
  std::vector<std::vector<uint16_t>> words;
  for (const std::string& piece : pieces_of(text)) {
    words.emplace_back();
    for (const char c : piece) words.back().push_back(static_cast<uint8_t>(c));
  }
  std::vector<BpeMerge> learned;
  while (learned.size() < merges) {
    std::map<BpeMerge, int> counts;
    for (const auto& word : words)
      for (size_t i = 0; i + 1 < word.size(); ++i) ++counts[{word[i], word[i + 1]}];
    const auto best = std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) {
      return a.second < b.second;  // the first of equals is the smallest pair
    });
    if (best == counts.end() || best->second < 2) break;
    const uint16_t token = static_cast<uint16_t>(256 + learned.size());
    for (auto& word : words) {
      std::vector<uint16_t> merged;
      for (size_t i = 0; i < word.size(); ++i) {
        const bool joins = i + 1 < word.size() && BpeMerge{word[i], word[i + 1]} == best->first;
        merged.push_back(joins ? token : word[i]);
        i += joins;
      }
      word = merged;
    }
    learned.push_back(best->first);
  }
  return learned;
}

std::unique_ptr<Tokenizer> tokenizer_for(std::string_view text, int64_t vocab) {
  const std::string json = R"({"type": "bpe", "vocab": )" + std::to_string(vocab) + "}";
  return learn_tokenizer(spec_of(json, tokenizer_registry()), {text, ""});
}

}  // namespace

TEST_CASE("text falls into words, numbers, signs and white space", "[data][bpe]") {
  const std::vector<std::string> expected{"In", " the", " beginning", ":",    " 42", " ?!",
                                          "  ", " x",   "3",          "\n\n", "é"};
  CHECK(pieces_of("In the beginning: 42 ?!   x3\n\né") == expected);
  CHECK(pieces_of("a ") == std::vector<std::string>{"a", " "});
  CHECK(pieces_of(" ") == std::vector<std::string>{" "});
}

TEST_CASE("pieces put together give the text, for any bytes", "[data][bpe]") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    for (const std::string& text : {random_bytes(seed, 500), random_text(seed, 500, "ab 1. \n")}) {
      std::string joined;
      for (const std::string& piece : pieces_of(text)) joined += piece;
      CHECK(joined == text);
    }
  }
  const std::string genome(1000, 'A');
  for (const std::string& piece : pieces_of(genome)) CHECK(piece.size() <= kLongestBpePiece);
}

TEST_CASE("the textbook example learns aa, ab, then their pair", "[data][bpe]") {
  const std::vector<BpeMerge> expected{{'a', 'a'}, {'a', 'b'}, {256, 257}};
  CHECK(learn_bpe("aaabdaaabac", 100) == expected);
  CHECK(learn_bpe("aaabdaaabac", 2).size() == 2);
  CHECK(learn_bpe("", 5).empty());
  CHECK(learn_bpe("abcdef", 5).empty());
}

TEST_CASE("learning keeps count as counting anew would", "[data][bpe]") {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    INFO(seed);
    const std::string words = random_text(seed, 600, "aab c");
    CHECK(learn_bpe(words, 40) == learn_by_hand(words, 40));
    const std::string runs = random_text(seed, 300, "aaaab");
    CHECK(learn_bpe(runs, 40) == learn_by_hand(runs, 40));
  }
}

TEST_CASE("any bytes survive encoding and decoding", "[data][bpe]") {
  const auto tokenizer = tokenizer_for(random_text(1, 4000, "the cat sat. "), 400);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    for (const std::string& text :
         {random_bytes(seed, 700), random_text(seed, 700, "the cat sat. \n"), std::string()}) {
      const std::vector<uint16_t> tokens = tokenizer->encode(text);
      for (const uint16_t token : tokens) REQUIRE(token < tokenizer->vocab());
      CHECK(tokenizer->decode(std::vector<int32_t>(tokens.begin(), tokens.end())) == text);
    }
  }
}

TEST_CASE("every token stands for something else, and text becomes shorter", "[data][bpe]") {
  const std::string text = synthetic_text().substr(0, 20000);
  const auto tokenizer = tokenizer_for(text, 400);
  CHECK(tokenizer->vocab() == 400);
  std::set<std::string> meanings;
  for (int32_t token = 0; token < 400; ++token)
    meanings.insert(tokenizer->decode(std::vector<int32_t>{token}));
  CHECK(meanings.size() == 400);
  CHECK(tokenizer->encode(text).size() < text.size() / 3);
}

}  // namespace norma
