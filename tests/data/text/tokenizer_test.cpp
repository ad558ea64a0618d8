#include "data/text/tokenizer.h"

#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

std::unique_ptr<Tokenizer> learn(const std::string& json, std::string_view training,
                                 std::string_view heldout = "") {
  return learn_tokenizer(spec_of(json, tokenizer_registry()), {training, heldout});
}

std::string round_trip(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<uint16_t> tokens = tokenizer.encode(text);
  return tokenizer.decode(std::vector<int32_t>(tokens.begin(), tokens.end()));
}

std::string all_bytes() {
  std::string text;
  for (int i = 0; i < 1024; ++i) text += static_cast<char>(static_cast<uint8_t>(i * 37 >> 1));
  return text;
}

}  // namespace

TEST_CASE("characters are numbered by code point", "[data][tokenizer]") {
  const auto tokenizer = learn("\"char\"", "banané\n");
  CHECK(tokenizer->vocab() == 5);
  CHECK(tokenizer->encode("\nabné") == std::vector<uint16_t>{0, 1, 2, 3, 4});
  CHECK(round_trip(*tokenizer, "bané\nbané") == "bané\nbané");
  CHECK_FALSE(tokenizer->unknown().has_value());
}

TEST_CASE("characters that only the held-out text has share one token", "[data][tokenizer]") {
  const auto tokenizer = learn("\"char\"", "abc", "abzü");
  CHECK(tokenizer->vocab() == 4);
  CHECK(tokenizer->unknown() == 3);
  CHECK(tokenizer->encode("zaü") == std::vector<uint16_t>{3, 0, 3});
  CHECK(tokenizer->decode(std::vector<int32_t>{3, 0}) == "\uFFFDa");
}

TEST_CASE("what the char tokenizer cannot take is named with its place", "[data][tokenizer]") {
  const auto tokenizer = learn("\"char\"", "abc");
  CHECK_THAT(error_of([&] { tokenizer->encode("abxc"); }), ContainsSubstring("'x' at byte 2"));
  CHECK_THAT(error_of([&] { tokenizer->encode("ab\xFF"); }), ContainsSubstring("UTF-8 at byte 2"));
  CHECK_THAT(error_of([&] { tokenizer->decode(std::vector<int32_t>{3}); }),
             ContainsSubstring("3 is no token of 3"));
  CHECK_THROWS_AS(tokenizer->decode(std::vector<int32_t>{-1}), Error);
  const std::string message = error_of([] { learn("\"char\"", "ok\xC3"); });
  CHECK_THAT(message, ContainsSubstring("training text is not valid UTF-8 at byte 2"));
  CHECK_THAT(message, ContainsSubstring("byte"));
}

TEST_CASE("bytes are themselves", "[data][tokenizer]") {
  const auto tokenizer = learn("\"byte\"", "");
  CHECK(tokenizer->vocab() == 256);
  CHECK(tokenizer->encode(std::string("\0A\xFF", 3)) == std::vector<uint16_t>{0, 65, 255});
  CHECK(round_trip(*tokenizer, all_bytes()) == all_bytes());
  CHECK_THROWS_AS(tokenizer->decode(std::vector<int32_t>{256}), Error);
}

TEST_CASE("a saved tokenizer reads back as the same", "[data][tokenizer]") {
  const std::string text = "Große Wörter, große Zahlen: 12 und 1212; größer!\n\t";
  for (const std::string kind : {"\"char\"", "\"byte\"", R"({"type": "bpe", "vocab": 270})"}) {
    const auto original = learn(kind, text, "größer?");
    const std::string saved = original->json().dump();
    const auto loaded = load_tokenizer(parse_json(saved, "tokenizer.json"), "tokenizer.json");
    INFO(saved);
    CHECK(loaded->json().dump() == saved);
    CHECK(loaded->vocab() == original->vocab());
    CHECK(loaded->encode(text) == original->encode(text));
    CHECK(round_trip(*loaded, text) == text);
  }
}

TEST_CASE("a damaged saved tokenizer is refused by name", "[data][tokenizer]") {
  for (const std::string saved :
       {R"({})", R"([])", R"({"type": 3})", R"({"type": "words"})", R"({"type": "char"})",
        R"({"type": "char", "characters": "ba", "unknown": false})",
        R"({"type": "char", "characters": "aa", "unknown": false})",
        R"({"type": "char", "characters": "ab", "unknown": 1})", R"({"type": "bpe"})",
        R"({"type": "bpe", "merges": [[97, 256]]})", R"({"type": "bpe", "merges": [[97]]})",
        R"({"type": "bpe", "merges": [[97, 98, 99]]})", R"({"type": "bpe", "merges": [[-1, 98]]})",
        R"({"type": "bpe", "merges": 7})", R"({"type": "bpe", "merges": ["ab"]})"}) {
    INFO(saved);
    CHECK_THAT(error_of([&] { load_tokenizer(parse_json(saved, "x"), "tokenizer.json"); }),
               ContainsSubstring("tokenizer.json: not a saved tokenizer"));
  }
}

TEST_CASE("a saved vocabulary cannot grow without bound", "[data][tokenizer]") {
  // Each merge doubles the last: 2^60 bytes after sixty of them.
  Json merges = Json::array({Json::array({97, 97})});
  for (int i = 0; i < 60; ++i) merges.push_back(Json::array({256 + i, 256 + i}));
  CHECK_THAT(error_of([&] {
               load_tokenizer({{"type", "bpe"}, {"merges", merges}}, "x");
             }),
             ContainsSubstring("more than 128 bytes"));
}

}  // namespace norma
