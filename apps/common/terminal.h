#pragma once

#include <string>
#include <string_view>

namespace norma {

enum class Style { kBold, kDim, kRed, kGreen, kYellow, kCyan };

// One of the program's output streams: a terminal, or else a file or pipe.
class Terminal {
 public:
  // `fd` is 1 (stdout) or 2 (stderr).
  explicit Terminal(int fd);
  // What a test pretends to have.
  Terminal(bool interactive, bool colours, int width)
      : interactive_(interactive), colours_(colours), fixed_width_(width) {}

  // A line can be rewritten in place: a terminal other than TERM=dumb.
  bool interactive() const { return interactive_; }
  // Interactive, and NO_COLOR (https://no-color.org) is not set.
  bool colours() const { return colours_; }
  // Columns now; 80 where nobody knows.
  int width() const;

  // Lines now; 24 where nobody knows.
  int height() const;

  // `text` in a style where there are colours, bare elsewhere.
  std::string styled(std::string_view text, Style style) const;

 private:
  int fd_ = -1;
  bool interactive_, colours_;
  int fixed_width_ = 0;
};

const Terminal& stdout_terminal();
const Terminal& stderr_terminal();

// Columns that UTF-8 text takes, its escape sequences not counted.
int columns_of(std::string_view text);

// Whether the locale's texts are UTF-8, so that block characters can be drawn.
bool locale_is_utf8();

// `text` followed by spaces up to `width` columns.
std::string padded(std::string_view text, int width);

// Text cut into lines of at most `width` columns; the first begins with `indent`, the others stand
// below it.
std::string wrapped(const std::string& text, const std::string& indent, int width = 96);

}  // namespace norma
