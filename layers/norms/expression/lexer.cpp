#include "layers/norms/expression/lexer.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace norma::expression {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// The length of the longest word that `belongs`.
template <class Belongs>
size_t length_of(std::string_view text, Belongs belongs) {
  size_t length = 0;
  while (length < text.size() && belongs(text[length])) ++length;
  return length;
}

size_t symbol_length(std::string_view rest) {
  for (const std::string_view two : {"<=", ">=", "==", "!="})
    if (rest.starts_with(two)) return 2;
  return std::string_view("+-*/^(),<>").find(rest[0]) == std::string_view::npos ? 0 : 1;
}

// A character of UTF-8, which may be several bytes.
size_t character_length(std::string_view rest) {
  return 1 + length_of(rest.substr(1),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::vector<Token> tokens_of(std::string_view text, std::vector<Fault>& faults) {
  std::vector<Token> tokens;
  size_t at = 0;
  const auto take = [&](Token::Kind kind, size_t length, double value = 0) {
    tokens.push_back({kind, text.substr(at, length), at, value});
    at += length;
  };
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    const char c = rest[0];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
    } else if (is_digit(c) || (c == '.' && rest.size() > 1 && is_digit(rest[1]))) {
      double value = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
      if (error != std::errc()) faults.push_back({at, "a number within the range of float64"});
      take(Token::Kind::kNumber, static_cast<size_t>(end - rest.data()), value);
    } else if (is_letter(c)) {
      take(Token::Kind::kName,
           length_of(rest, [](char each) { return is_letter(each) || is_digit(each); }));
    } else if (const size_t symbol = symbol_length(rest)) {
      take(Token::Kind::kSymbol, symbol);
    } else {
      faults.push_back({at, "one of names, numbers and + - * / ^ ( ) , < <= > >= == !="});
      take(Token::Kind::kSymbol, character_length(rest));  // of no meaning to the parser
    }
  }
  take(Token::Kind::kEnd, 0);
  return tokens;
}

}  // namespace norma::expression
