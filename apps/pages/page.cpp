#include "apps/pages/page.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "apps/common/html.h"
#include "core/io/sha256.h"

namespace norma::pages {
namespace {

int hex_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

// Bytes given as hex digits in base64 (RFC 4648), which content policies want hashes in.
std::string base64_of_hex(std::string_view hex) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  unsigned bits = 0;
  int held = 0;
  for (const char c : hex) {
    bits = bits << 4 | static_cast<unsigned>(hex_digit(c));
    held += 4;
    if (held < 6) continue;
    held -= 6;
    text += kDigits[bits >> held & 63];
  }
  if (held > 0) text += kDigits[bits << (6 - held) & 63];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

constexpr std::string_view kPathEnds = " \t\r\n\"'(),;<>|";

// Where the next absolute path begins at or behind `from`, a / or ~/ that begins a word: not in
// train/loss, https://x/y or 1 / 2. The end of the text where there is none.
size_t path_start(std::string_view text, size_t from) {
  constexpr std::string_view kBefore = " \t\r\n\"'=(,;:[<>|";
  for (size_t at = from; at < text.size(); ++at) {
    if (at > 0 && kBefore.find(text[at - 1]) == std::string_view::npos) continue;
    if (text.substr(at, 3) == "///") return at + 2;  // file:///
    if (text.substr(at, 2) == "//") continue;
    if (text[at] == '/' || text.substr(at, 2) == "~/") return at;
  }
  return text.size();
}

// The policy's word for a script that may run (Content Security Policy, level 3).
std::string hash_source(std::string_view script) {
  return "'sha256-" + base64_of_hex(io::sha256_of(script)) + "'";
}

}  // namespace

std::string html_page(const Page& page) {
  const char* const d3 = page.charts ? embedded::kD3 : "";
  const char* const charts = page.charts ? embedded::kCharts : "";
  std::string hashes;
  for (const std::string_view script :
       {std::string_view(d3), std::string_view(charts), std::string_view(page.script)})
    hashes += (hashes.empty() ? "" : " ") + hash_source(script);
  if (page.webassembly) hashes += " 'wasm-unsafe-eval'";
  const std::array<std::pair<std::string_view, std::string>, 8> values{
      {{"hashes", hashes},
       {"title", html_escaped(page.title)},
       {"style", embedded::kStyle + page.style},
       {"body", page.body},
       {"data", json_for_script(page.data)},
       {"d3", d3},
       {"charts", charts},
       {"script", page.script}}};
  return filled_page(embedded::kPage, values);
}

bool draws_charts() { return *embedded::kD3 != '\0'; }

std::string without_charts() {
  if (draws_charts()) return "";
  return "<p class=\"notes\">This build has no library to draw charts with (node-d3): the page has "
         "tables alone.</p>\n";
}

std::string without_folders(const std::string& text) {
  std::string cut;
  for (size_t at = 0; at < text.size();) {
    const size_t start = path_start(text, at);
    const size_t end = std::min(text.find_first_of(kPathEnds, start), text.size());
    const size_t slash = start == end ? start : text.rfind('/', end - 1);
    cut.append(text, at, start - at);
    // A first slash alone names no folder.
    const bool has_folder = start < end && slash > start + (text[start] == '~' ? 1 : 0);
    if (has_folder) cut += "…";
    cut.append(text, has_folder ? slash : start, end - (has_folder ? slash : start));
    at = end;
  }
  return cut;
}

Json without_folders(const Json& value) {
  if (value.is_string()) return without_folders(value.get_ref<const std::string&>());
  Json cut = value;
  if (value.is_structured())
    for (Json& element : cut) element = without_folders(element);
  return cut;
}

}  // namespace norma::pages
