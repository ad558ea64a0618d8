#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "core/config/json.h"
#include "core/error.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

// The message with which `text` is refused.
std::string refusal(const std::string& text) {
  try {
    parse_json(text, "a.json");
  } catch (const Error& error) {
    return error.what();
  }
  FAIL("accepted: " << text);
  return "";
}

int significant_digits(const std::string& number) {
  std::string digits;
  for (const char c : number.substr(0, number.find('e')))
    if (c >= '0' && c <= '9') digits += c;
  const size_t first = digits.find_first_not_of('0'), last = digits.find_last_not_of('0');
  return first == std::string::npos ? 1 : static_cast<int>(last - first) + 1;
}

}  // namespace

TEST_CASE("JSON of every kind is read, keys in their order", "[config]") {
  const Json json = parse_json(
      "\xEF\xBB\xBF {\"z\": [1, -2, 3.5, 1e3], \"a\": {\"b\": true, \"c\": null}, \"t\": \"x\"} \n",
      "a.json");
  CHECK(json.dump() == R"({"z":[1,-2,3.5,1000.0],"a":{"b":true,"c":null},"t":"x"})");
  CHECK(parse_json("9223372036854775807", "").get<int64_t>() == INT64_MAX);
  CHECK(parse_json("-9223372036854775808", "").get<int64_t>() == INT64_MIN);
  CHECK(parse_json("18446744073709551615", "").get<uint64_t>() == UINT64_MAX);
  CHECK(parse_json("18446744073709551616", "").get<double>() == 0x1p64);
  CHECK(std::signbit(parse_json("-0", "").get<double>()));
}

TEST_CASE("texts in JSON: escapes and UTF-8", "[config]") {
  const auto text = [](const std::string& inside) {
    return parse_json("\"" + inside + "\"", "").get<std::string>();
  };
  CHECK(text(R"(\"\\\/\b\f\n\r\t)") == "\"\\/\b\f\n\r\t");
  CHECK(text(R"(\u0041\u00e9\u20ac\ud83d\ude00)") == "Aé€😀");
  CHECK(text("Aé€😀") == "Aé€😀");
  CHECK(text(R"(\u0000)") == std::string(1, '\0'));

  CHECK_THAT(refusal(R"("\ud83d")"), ContainsSubstring("half of a surrogate pair"));
  CHECK_THAT(refusal(R"("\ud83d\u0041")"), ContainsSubstring("half of a surrogate pair"));
  CHECK_THAT(refusal(R"("\u12g4")"), ContainsSubstring("without four hexadecimal digits"));
  CHECK_THAT(refusal(R"("C:\data")"), ContainsSubstring("a backslash before data"));
  CHECK_THAT(refusal("\"a\tb\""), ContainsSubstring("written \\t"));
  CHECK_THAT(refusal("\"a\nb\""), ContainsSubstring("closing quote"));
  // A stray continuation byte, a cut character, an overlong form, a surrogate, above U+10FFFF.
  for (const char* bad : {"\"\x80\"", "\"\xE2\x82\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"",
                          "\"\xF4\x90\x80\x80\"", "\"\xFF\""})
    CHECK_THAT(refusal(bad), ContainsSubstring("expected text in UTF-8"));
}

TEST_CASE("a syntax fault says where it is, what is there and what belongs there", "[config]") {
  CHECK(refusal("{\n  \"lr\": 1e-3,\n  \"é\": 3,, \n}") ==
        "a.json:3:10: found a comma, expected a key in double quotes\n"
        "      \"é\": 3,, \n"
        "             ^");
  const auto check = [](const std::string& text, const std::string& place_and_found,
                        const std::string& expected) {
    CHECK_THAT(refusal(text), StartsWith("a.json:" + place_and_found + ", expected " + expected));
  };
  check("", "1:1: found the end of the text", "a value");
  check("{", "1:2: found the end of the text", "a key in double quotes");
  check("{\"a\" 1}", "1:6: found 1", "a colon after the key \"a\"");
  check("{\"a\": 1,}", "1:9: found }", "a key: JSON allows no comma before }");
  check("[1,]", "1:4: found ]", "a value: JSON allows no comma before ]");
  check("{\"a\": 1 \"b\": 2}", "1:9: found a text in quotes", "a comma or }");
  check("[1 2]", "1:4: found 2", "a comma or ]");
  check("{'a': 1}", "1:2: found a single quote", "a key in double quotes");
  check("{a: 1}", "1:2: found a", "a key in double quotes");
  check("1 x", "1:3: found x", "the end of the text");
  check("[True]", "1:2: found True", "true");
  check("[None]", "1:2: found None", "null");
  check("[relu]", "1:2: found relu", "a value: text stands in double quotes");
  check("[NaN]", "1:2: found NaN", "a value: JSON has no NaN and no infinity");
  check("[-Infinity]", "1:3: found Infinity", "a digit after the minus sign");
  check("[.5]", "1:2: found .", "a number that starts with a digit");
  check("[5.]", "1:4: found ]", "a digit after the decimal point");
  check("[1e]", "1:4: found ]", "a digit in the exponent");
  check("[012]", "1:2: found a number that starts with 0", "a number without leading zeros");
  check("[0x10]", "1:3: found x10", "the end of the number");
  check("[1e999]", "1:2: found 1e999", "a number within the range of float64");
  check("[\"a", "1:4: found the end of the text", "the closing quote");
  check(std::string("[\0]", 3), "1:2: found the byte 0x0", "a value");
  for (const char* comment : {"{ // x\n}", "{ /* x */ }", "# x\n{}", "[1, // x\n2]"})
    CHECK_THAT(refusal(comment), ContainsSubstring("found a comment, expected none: JSON has no"));
}

TEST_CASE("a key given twice is refused where it stands the second time", "[config]") {
  CHECK_THAT(refusal("{\"lr\": 1,\n \"wd\": {\"lr\": 2},\n \"lr\": 3}"),
             StartsWith("a.json:3:2: found the key \"lr\" again, expected each key once: the first "
                        "is in line 1"));
}

TEST_CASE("nesting is bounded, so that no file overflows the stack", "[config]") {
  CHECK_THAT(refusal(std::string(100000, '[')), ContainsSubstring("fewer levels"));
  CHECK(parse_json(std::string(150, '[') + std::string(150, ']'), "").is_array());
}

TEST_CASE("a long line is shown in part, whole characters only", "[config]") {
  std::string text = "[";
  for (int i = 0; i < 100; ++i) text += "\"é€\",";
  const std::string message = refusal(text + "?" + std::string(100, ']'));
  CHECK(message.size() < 300);
  const size_t shown = message.find('\n');
  CHECK_NOTHROW(parse_json("\"" + std::string(1, 'x') + "\"", ""));
  // Every byte of the excerpt belongs to a whole character.
  std::string excerpt = message.substr(shown + 1, message.find('\n', shown + 1) - shown - 1);
  std::string quoted;
  for (const char c : excerpt) quoted += c == '"' ? '\'' : c;
  CHECK_NOTHROW(parse_json("\"" + quoted + "\"", ""));
}

TEST_CASE("a file that cannot be read is named", "[config]") {
  const auto folder = std::filesystem::temp_directory_path();
  CHECK_THROWS_WITH(load_json(folder), ContainsSubstring("this is a folder"));
  CHECK_THROWS_WITH(load_json(folder / "no_such_norma.json"),
                    ContainsSubstring("no_such_norma.json: cannot be read: No such file"));
  const auto file = folder / ("norma_load_" + std::to_string(std::random_device()()) + ".json");
  std::ofstream(file) << "{\"a\": [1, 2]}\n";
  CHECK(load_json(file) == Json{{"a", {1, 2}}});
  std::filesystem::remove(file);
}

TEST_CASE("numbers are written in the shortest form that reads back as the same bits", "[config]") {
  CHECK(json_line(0.1) == "0.1");
  CHECK(json_line(1e-3) == "0.001");
  CHECK(json_line(5e-324) == "5e-324");
  CHECK(json_line(1000.0) == "1000.0");
  CHECK(json_line(1e22) == "1e22");
  CHECK(json_line(-0.0) == "-0.0");
  CHECK(json_line(std::numeric_limits<double>::infinity()) == "null");
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = json_line(value);
    const Json back = parse_json(text, "");
    REQUIRE(back.is_number_float());
    REQUIRE(std::bit_cast<uint64_t>(back.get<double>()) == std::bit_cast<uint64_t>(value));
    const int digits = significant_digits(text);
    char shorter[64];
    std::snprintf(shorter, sizeof shorter, "%.*e", std::max(digits - 2, 0), value);
    // Above 2⁵³ a whole number is written in full, which is shorter than with an exponent.
    if (digits > 1 && std::fabs(value) < 0x1p53) REQUIRE(std::strtod(shorter, nullptr) != value);
  }
}

TEST_CASE("what fits on a line stands on one", "[config]") {
  const Json json = parse_json(
      R"({"a": [0.9, 0.95], "b": {"long": "0123456789", "list": [1, 2, 3]}, "e": {}, "q\"": "é"})",
      "");
  CHECK(format_json(json, 40) ==
        "{\n"
        "  \"a\": [0.9, 0.95],\n"
        "  \"b\": {\n"
        "    \"long\": \"0123456789\",\n"
        "    \"list\": [1, 2, 3]\n"
        "  },\n"
        "  \"e\": {},\n"
        "  \"q\\\"\": \"é\"\n"
        "}");
  CHECK(parse_json(format_json(json, 40), "") == json);
  CHECK(parse_json(json_line(json), "") == json);
  CHECK(format_json(Json{{"a", 1}}) == "{\"a\": 1}");
}

}  // namespace norma
