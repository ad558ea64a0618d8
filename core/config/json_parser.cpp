#include "core/config/json_parser.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/config/text_place.h"
#include "core/error.h"

namespace norma {
namespace {

// Deeper than any config; keeps a hostile file from overflowing the stack.
constexpr int kMaxDepth = 200;

constexpr std::string_view kNoComments =
    "none: JSON has no comments; a note can be the value of a top-level key such as \"$comment\"";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

}  // namespace

Json parse_json(std::string_view text, std::string_view source) {
  return JsonParser(text, source).parse();
}

Json JsonParser::parse() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  skip_space();
  Json result = value(0);
  skip_space();
  if (!at_end()) fail("the end of the text");
  return result;
}

Json JsonParser::value(int depth) {
  if (depth > kMaxDepth)
    fail_at(at_, "a value inside " + std::to_string(kMaxDepth) + " others", "fewer levels");
  switch (peek()) {
    case '{':
      return object(depth);
    case '[':
      return list(depth);
    case '"':
      return string();
    default:
      return is_digit(peek()) || peek() == '-' ? number() : word();
  }
}

Json JsonParser::object(int depth) {
  Json result = Json::object();
  auto& members = result.get_ref<Json::object_t&>();
  std::unordered_map<std::string, size_t> seen;  // key -> its byte, to find one given twice
  take('{');
  skip_space();
  if (take('}')) return result;
  while (true) {
    const size_t key_at = at_;
    if (peek() == '}') fail("a key: JSON allows no comma before }");
    if (peek() != '"') fail("a key in double quotes");
    std::string key = string();
    if (const auto [first, is_new] = seen.emplace(key, key_at); !is_new)
      fail_at(key_at, "the key \"" + key + "\" again",
              "each key once: the first is in line " +
                  std::to_string(place_in(text_, first->second).line));
    skip_space();
    if (!take(':')) fail("a colon after the key \"" + key + "\"");
    skip_space();
    members.emplace_back(std::move(key), value(depth + 1));
    skip_space();
    if (take('}')) return result;
    if (!take(',')) fail("a comma or }");
    skip_space();
  }
}

Json JsonParser::list(int depth) {
  Json result = Json::array();
  take('[');
  skip_space();
  if (take(']')) return result;
  while (true) {
    if (peek() == ']') fail("a value: JSON allows no comma before ]");
    result.push_back(value(depth + 1));
    skip_space();
    if (take(']')) return result;
    if (!take(',')) fail("a comma or ]");
    skip_space();
  }
}

Json JsonParser::number() {
  const size_t begin = at_;
  const auto digits = [&](const char* where) {
    if (!is_digit(peek())) fail(std::string("a digit ") + where);
    while (is_digit(peek())) ++at_;
  };
  const bool negative = take('-');
  const size_t first_digit = at_;
  digits("after the minus sign");
  if (text_[first_digit] == '0' && at_ > first_digit + 1)
    fail_at(begin, "a number that starts with 0", "a number without leading zeros");
  bool integral = true;
  if (take('.')) {
    integral = false;
    digits("after the decimal point");
  }
  if (take('e') || take('E')) {
    integral = false;
    if (!take('+')) take('-');
    digits("in the exponent");
  }
  if (is_word(peek()) || peek() == '.') fail("the end of the number");
  const std::string_view token = text_.substr(begin, at_ - begin);
  const char *first = token.data(), *last = first + token.size();
  // "-0" is read as float64, which keeps its sign.
  if (int64_t whole = 0; integral && std::from_chars(first, last, whole).ec == std::errc() &&
                         !(negative && whole == 0))
    return whole;
  if (uint64_t whole = 0; integral && std::from_chars(first, last, whole).ec == std::errc())
    return whole;
  double real = 0;
  if (std::from_chars(first, last, real).ec != std::errc())
    fail_at(begin, std::string(token), "a number within the range of float64");
  return real;
}

Json JsonParser::word() {
  const size_t begin = at_;
  while (is_word(peek())) ++at_;
  const std::string_view name = text_.substr(begin, at_ - begin);
  if (name == "true") return true;
  if (name == "false") return false;
  if (name == "null") return nullptr;
  at_ = begin;
  if (name == "True" || name == "TRUE") fail("true");
  if (name == "False" || name == "FALSE") fail("false");
  if (name == "None" || name == "nil" || name == "NULL") fail("null");
  if (name == "NaN" || name == "nan" || name == "Infinity" || name == "inf")
    fail("a value: JSON has no NaN and no infinity");
  if (!name.empty()) fail("a value: text stands in double quotes");
  if (peek() == '.' || peek() == '+') fail("a number that starts with a digit or a minus sign");
  fail("a value");
}

bool JsonParser::take(char c) {
  if (at_end() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void JsonParser::skip_space() {
  while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') ++at_;
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with("#"))
    fail_at(at_, "a comment", kNoComments);
}

std::string JsonParser::found() const {
  if (at_end()) return "the end of the text";
  const char c = peek();
  if (is_word(c)) {
    size_t end = at_;
    while (end < text_.size() && end - at_ < 30 && is_word(text_[end])) ++end;
    return std::string(text_.substr(at_, end - at_));
  }
  switch (c) {
    case '\'':
      return "a single quote";
    case '"':
      return "a text in quotes";
    case ',':
      return "a comma";
    case ':':
      return "a colon";
    case '\n':
    case '\r':
      return "the end of the line";
    case '\t':
      return "a tab";
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte > 0x20 && byte < 0x7F) return std::string(1, c);
  char hex[8];
  const auto end = std::to_chars(hex, hex + sizeof hex, byte, 16).ptr;
  return "the byte 0x" + std::string(hex, end);
}

void JsonParser::fail_at(size_t offset, std::string_view found, std::string_view expected) const {
  const TextPlace place = place_in(text_, offset);
  std::string message(source_);
  message += ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": found ";
  message.append(found).append(", expected ").append(expected);
  throw Error(message + show_place(text_, offset));
}

}  // namespace norma
