#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "core/config/json.h"
#include "core/error.h"
#include "tests/catch.h"

// Texts damaged at random, judged by our reader and by the JSON library's own: they agree on what
// is JSON, and on its value. Ours alone refuses a key given twice, and a number too small for
// float64, which the other takes for zero.
namespace norma {
namespace {

const char* const kTexts[] = {
    R"({"model": {"type": "gpt", "layers": 4, "norm": {"type": "rms_norm", "eps": 1e-6}}})",
    R"([0, -0, 1.5e+10, -2.25E-3, 9007199254740993, 18446744073709551616, true, false, null])",
    R"({"a": ["é", "\u00e9\n\ud83d\ude00", "\\\"/\/", ""], "b": {}, "c": [[], {}]})",
};

// Pieces that stand in JSON, nearly do, or are no text at all.
const char* const kPieces[] = {
    "{",    "}",    "[",      "]",     ",",  ":",  "\"",   "\\",     "\\u",          "d8",
    "0",    "1",    "-",      "+",     ".",  "e",  "E9",   " ",      "\n",           "\t",
    "true", "null", "NaN",    "'",     "/",  "#",  "\xC3", "\xA9",   "\xED\xA0\x80", "\x01",
    "\x7F", "\xFF", "\"a\":", "1e400", "-0", "00", "é",    "\\ud83d"};

std::string damaged_json(std::string text, std::mt19937& random) {
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  for (size_t edits = 1 + below(3); edits > 0 && !text.empty(); --edits) {
    const size_t at = below(text.size());
    const size_t length = std::min(below(4), text.size() - at);
    if (below(8) == 0)
      text.resize(at);  // the file breaks off
    else
      text.replace(at, length, kPieces[below(std::size(kPieces))]);
  }
  return text;
}

// What the library makes of the text; keys given twice are counted by its callbacks.
struct Reference {
  bool accepted = false, key_twice = false;
  Json value;
};

Reference reference(const std::string& text) {
  Reference result;
  std::vector<std::vector<std::string>> open;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key) {
      auto& keys = open.back();
      const auto key = parsed.get<std::string>();
      result.key_twice |= std::find(keys.begin(), keys.end(), key) != keys.end();
      keys.push_back(key);
    }
    return true;
  };
  try {
    result.value = Json::parse(text, watch);
    result.accepted = true;
  } catch (const Json::exception&) {
  }
  return result;
}

}  // namespace

TEST_CASE("damaged JSON is judged as by a second reader", "[config]") {
  std::mt19937 random(11);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 30000; ++i) {
    const std::string text = damaged_json(kTexts[i % 3], random);
    const Reference expected = reference(text);
    INFO(text);
    try {
      const Json value = parse_json(text, "a.json");
      ++accepted;
      REQUIRE(expected.accepted);
      REQUIRE(value == expected.value);
      REQUIRE(parse_json(format_json(value, 40), "again") == value);
    } catch (const Error& error) {
      ++refused;
      const std::string message = error.what();
      const bool too_small = message.find("within the range of float64") != std::string::npos;
      REQUIRE((!expected.accepted || expected.key_twice || too_small));
      REQUIRE(message.starts_with("a.json:"));
    }
  }
  CHECK(accepted > 1000);
  CHECK(refused > 1000);
}

}  // namespace norma
