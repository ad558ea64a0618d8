#include "apps/common/html.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace norma {

std::string html_escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  return safe;
}

std::string json_for_script(const Json& value) {
  std::string safe;
  for (const char c : json_line(value))
    if (c == '<')
      safe += "\\u003c";  // no </script> and no <!--
    else
      safe += c;
  return safe;
}

std::string filled_page(std::string_view page,
                        std::span<const std::pair<std::string_view, std::string>> values) {
  std::string filled;
  for (size_t at = 0; at < page.size();) {
    const size_t open = page.find("{{", at);
    if (open == std::string_view::npos) return filled.append(page.substr(at));
    const size_t close = page.find("}}", open);
    if (close == std::string_view::npos) throw std::logic_error("a page ends within {{");
    const std::string_view name = page.substr(open + 2, close - open - 2);
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](const auto& each) { return each.first == name; });
    if (found == values.end()) throw std::logic_error("no value for {{" + std::string(name) + "}}");
    filled.append(page.substr(at, open - at)).append(found->second);
    at = close + 2;
  }
  return filled;
}

}  // namespace norma
