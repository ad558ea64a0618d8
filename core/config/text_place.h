#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace norma {

// Where byte `offset` of a text is, as editors count: from 1, a character of UTF-8 is one column.
struct TextPlace {
  int line = 1;
  int column = 1;
};
TextPlace place_in(std::string_view text, size_t offset);

// The line that holds byte `offset` with a caret below that byte, indented, ready to follow a
// message. A long line is cut to what stands around the byte.
std::string show_place(std::string_view text, size_t offset);

}  // namespace norma
