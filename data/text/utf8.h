#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace norma {

// The character that starts at byte `position`, which moves behind it; empty, with `position`
// unmoved, where the bytes are not well-formed UTF-8 (overlong forms, surrogates and values above
// U+10FFFF included). Unicode Standard, table 3-7.
std::optional<char32_t> next_character(std::string_view text, size_t& position);

void append_utf8(std::string& text, char32_t character);

// The nearest position at or before `position` where a character starts.
size_t floor_to_character(std::string_view text, size_t position);

// How to name a character in a message: 'x', or U+00E9 where printing it might not show it.
std::string name_of_character(char32_t character);

}  // namespace norma
