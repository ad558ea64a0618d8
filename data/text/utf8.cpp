#include "data/text/utf8.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace norma {
namespace {

uint8_t byte_at(std::string_view text, size_t position) {
  return static_cast<uint8_t>(text[position]);
}

bool is_continuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

std::optional<char32_t> next_character(std::string_view text, size_t& position) {
  const uint8_t lead = byte_at(text, position);
  if (lead < 0x80) {
    ++position;
    return lead;
  }
  const int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || position + static_cast<size_t>(length) > text.size()) return {};
  char32_t character = lead & (0xFFu >> (length + 1));
  for (int i = 1; i < length; ++i) {
    const uint8_t byte = byte_at(text, position + static_cast<size_t>(i));
    if (!is_continuation(byte)) return {};
    character = (character << 6) | (byte & 0x3F);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < kSmallest[static_cast<size_t>(length)] || character > 0x10FFFF || is_surrogate)
    return {};
  position += static_cast<size_t>(length);
  return character;
}

void append_utf8(std::string& text, char32_t character) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(static_cast<uint8_t>(byte)); };
  if (character < 0x80) {
    put(character);
    return;
  }
  const int more = character >= 0x10000 ? 3 : character >= 0x800 ? 2 : 1;
  // The lead byte starts with as many ones as the character has bytes.
  put(((0xFF00u >> (more + 1)) & 0xFF) | (character >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) put(0x80 | ((character >> (6 * i)) & 0x3F));
}

size_t floor_to_character(std::string_view text, size_t position) {
  if (position >= text.size()) return text.size();
  size_t start = position;
  // A character has at most three continuation bytes; more are no UTF-8, and any cut is as good.
  for (int i = 0; i < 3 && start > 0 && is_continuation(byte_at(text, start)); ++i) --start;
  return is_continuation(byte_at(text, start)) ? position : start;
}

std::string name_of_character(char32_t character) {
  if (character > 0x20 && character < 0x7F) return {'\'', static_cast<char>(character), '\''};
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "U+%04X", static_cast<unsigned>(character));
  return name.data();
}

}  // namespace norma
