#include "core/config/text_place.h"

#include <algorithm>

namespace norma {
namespace {

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

size_t line_begin(std::string_view text, size_t offset) {
  const size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

}  // namespace

TextPlace place_in(std::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  const size_t begin = line_begin(text, offset);
  const auto line = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(begin), '\n');
  const auto column =
      std::count_if(text.begin() + static_cast<ptrdiff_t>(begin),
                    text.begin() + static_cast<ptrdiff_t>(offset), starts_character);
  return {static_cast<int>(line) + 1, static_cast<int>(column) + 1};
}

std::string show_place(std::string_view text, size_t offset) {
  constexpr size_t kBefore = 60, kAfter = 30;
  offset = std::min(offset, text.size());
  size_t begin = line_begin(text, offset);
  size_t end = std::min(text.find_first_of("\r\n", offset), text.size());
  const bool cut = offset - begin > kBefore;
  if (cut) begin = offset - kBefore;
  while (begin < offset && !starts_character(text[begin])) ++begin;
  end = std::min(end, offset + kAfter);
  while (end < text.size() && end > offset && !starts_character(text[end])) --end;

  std::string shown = cut ? "…" : "", caret = cut ? " " : "";
  for (size_t i = begin; i < end; ++i) {
    const bool printable = static_cast<unsigned char>(text[i]) >= 0x20;
    shown += printable ? text[i] : ' ';
    if (i < offset && starts_character(text[i])) caret += ' ';
  }
  return "\n    " + shown + "\n    " + caret + "^";
}

}  // namespace norma
