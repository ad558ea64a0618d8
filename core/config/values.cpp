#include "core/config/values.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace norma {
namespace {

bool within(double value, const Is& is) {
  return (!is.min || value >= *is.min) && (!is.max || value <= *is.max) &&
         (!is.above || value > *is.above) && (!is.below || value < *is.below);
}

// " above 0 and at most 1"; empty without bounds.
std::string bounds(const Is& is) {
  if (is.min && is.max) return " from " + format_number(*is.min) + " to " + format_number(*is.max);
  std::string text;
  const auto add = [&](const std::optional<double>& bound, const char* words) {
    if (bound) text += (text.empty() ? "" : " and") + std::string(words) + format_number(*bound);
  };
  add(is.min, " of at least ");
  add(is.above, " above ");
  add(is.max, text.empty() ? " of at most " : " at most ");
  add(is.below, " below ");
  return text;
}

// Whether a float64 stands for an integer that int64 holds (2⁶³ is the first it does not).
bool is_whole(double value) {
  return value == std::floor(value) && value >= -0x1p63 && value < 0x1p63;
}

}  // namespace

bool read_value(const Json& given, const Is& is, int64_t& value) {
  int64_t whole = 0;
  if (given.is_number_unsigned()) {
    const auto large = given.get<uint64_t>();
    if (large > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return false;
    whole = static_cast<int64_t>(large);
  } else if (given.is_number_integer()) {
    whole = given.get<int64_t>();
  } else if (given.is_number_float() && is_whole(given.get<double>())) {
    whole = static_cast<int64_t>(given.get<double>());
  } else {
    return false;
  }
  if (!within(static_cast<double>(whole), is)) return false;
  value = whole;
  return true;
}

bool read_value(const Json& given, const Is& is, double& value) {
  if (!given.is_number()) return false;
  const auto number = given.get<double>();
  if (!std::isfinite(number) || !within(number, is)) return false;
  value = number;
  return true;
}

bool read_value(const Json& given, const Is& is, std::string& value) {
  if (!given.is_string()) return false;
  const auto& text = given.get_ref<const std::string&>();
  if (!within(static_cast<double>(text.size()), is)) return false;
  value = text;
  return true;
}

std::string expected_integer(const Is& is) { return "an integer" + bounds(is); }

std::string expected_number(const Is& is) { return "a number" + bounds(is); }

std::string expected_text(const Is& is) {
  if (is.min == 1.0 && !is.max && !is.below) return "a text that is not empty";
  const std::string limits = bounds(is);
  return limits.empty() ? "a text" : "a text with a length" + limits;
}

std::string expected_list(const std::string& of_what, size_t count) {
  return count == 0 ? "a list of " + of_what : "a list of " + std::to_string(count) + " " + of_what;
}

std::string shown(const Json& value) {
  constexpr size_t kMost = 48;
  std::string text = json_line(value);
  if (text.size() <= kMost) return text;
  size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string with_article(const std::string& noun) {
  const bool vowel = !noun.empty() && std::string_view("aeiou").find(noun[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + noun;
}

std::string listed(std::span<const std::string> words, const std::string& last_joiner) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " " + last_joiner + " " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace norma
