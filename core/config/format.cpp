#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/json.h"

namespace norma {
namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A float64 keeps a decimal point or exponent, so that reading it back gives a float64.
std::string format_real(double value) {
  if (!std::isfinite(value)) return "null";
  std::string text = format_number(value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string format_scalar(const Json& value) {
  if (value.is_string()) return quoted(value.get_ref<const std::string&>());
  if (value.is_number_float()) return format_real(value.get<double>());
  return value.dump();
}

void format_members(const Json& value, int width, size_t indent, std::string& out);

// `used` columns of the line are taken already.
void format_value(const Json& value, int width, size_t indent, size_t used, std::string& out) {
  if (!value.is_structured()) {
    out += format_scalar(value);
    return;
  }
  const std::string line = json_line(value);
  if (value.empty() || used + line.size() <= static_cast<size_t>(width))
    out += line;
  else
    format_members(value, width, indent, out);
}

void format_members(const Json& value, int width, size_t indent, std::string& out) {
  const std::string margin(indent + 2, ' ');
  const char* separator = "\n";
  out += value.is_object() ? "{" : "[";
  for (const auto& [key, member] : value.items()) {
    out += separator + margin;
    const std::string label = value.is_object() ? quoted(key) + ": " : "";
    out += label;
    // One column for the comma behind.
    format_value(member, width, indent + 2, margin.size() + label.size() + 1, out);
    separator = ",\n";
  }
  out += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

}  // namespace

std::string format_number(double value) {
  char digits[32];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  // to_chars writes exponents as printf does, 3e-04; people write 3e-4.
  if (const size_t e = text.find('e'); e != std::string::npos) {
    const size_t sign = e + 1;
    text.erase(sign + 1, text.find_first_not_of('0', sign + 1) - (sign + 1));
    if (text[sign] == '+') text.erase(sign, 1);
  }
  return text;
}

std::string json_line(const Json& value) {
  if (!value.is_structured()) return format_scalar(value);
  std::string out = value.is_object() ? "{" : "[";
  const char* separator = "";
  for (const auto& [key, member] : value.items()) {
    out += separator;
    if (value.is_object()) out += quoted(key) + ": ";
    out += json_line(member);
    separator = ", ";
  }
  return out + (value.is_object() ? "}" : "]");
}

std::string format_json(const Json& value, int width) {
  std::string out;
  format_value(value, width, 0, 0, out);
  return out;
}

}  // namespace norma
