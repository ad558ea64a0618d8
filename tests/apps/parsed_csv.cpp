#include "tests/apps/parsed_csv.h"

#include "tests/catch.h"

namespace norma {

std::vector<std::vector<std::string>> parsed_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    std::string& field = rows.back().back();
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"')
      field += text[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && c == ',')
      rows.back().push_back("");
    else if (!quoted && c == '\r' && text.compare(i, 2, "\r\n") == 0)
      ++i, rows.push_back({""});
    else
      field += c;
  }
  REQUIRE(!quoted);
  REQUIRE(rows.back() == std::vector<std::string>{""});  // every record ends its line
  rows.pop_back();
  return rows;
}

}  // namespace norma
