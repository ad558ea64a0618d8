#include "apps/common/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>

#include <cstdlib>

namespace norma {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

const char* escape_of(Style style) {
  switch (style) {
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kRed:
      return "\x1b[31m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kYellow:
      return "\x1b[33m";
    case Style::kCyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

Terminal::Terminal(int fd)
    : fd_(fd),
      interactive_(isatty(fd) && environment("TERM") != "dumb" && environment("TERM") != ""),
      colours_(interactive_ && environment("NO_COLOR").empty()) {}

int Terminal::width() const {
  constexpr int kUsual = 80;
  if (fixed_width_ > 0) return fixed_width_;
  winsize size{};
  if (fd_ >= 0 && ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUsual;
}

int Terminal::height() const {
  constexpr int kUsual = 24;
  winsize size{};
  if (fd_ >= 0 && ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) return size.ws_row;
  return kUsual;
}

std::string Terminal::styled(std::string_view text, Style style) const {
  if (!colours_ || text.empty()) return std::string(text);
  return escape_of(style) + std::string(text) + "\x1b[0m";
}

const Terminal& stdout_terminal() {
  static const Terminal terminal(STDOUT_FILENO);
  return terminal;
}

const Terminal& stderr_terminal() {
  static const Terminal terminal(STDERR_FILENO);
  return terminal;
}

namespace {

// Whether an accent of the block U+0300 to U+036F stands there, which is drawn over the letter
// before it: x̂.
bool combines(std::string_view text, size_t at) {
  if (at + 1 >= text.size()) return false;
  const auto lead = static_cast<unsigned char>(text[at]);
  const auto next = static_cast<unsigned char>(text[at + 1]);
  return lead == 0xCC || (lead == 0xCD && next <= 0xAF);
}

}  // namespace

int columns_of(std::string_view text) {
  int columns = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && !combines(text, i)) {
      ++columns;
    }
  }
  return columns;
}

bool locale_is_utf8() {
  // The first of the three that is set decides, as in POSIX.
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos ||
           value.find("utf8") != std::string_view::npos;
  }
  return false;
}

std::string padded(std::string_view text, int width) {
  const int missing = width - columns_of(text);
  return std::string(text) + std::string(missing > 0 ? static_cast<size_t>(missing) : 0, ' ');
}

std::string wrapped(const std::string& text, const std::string& indent, int width) {
  std::string lines, line = indent;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (columns_of(line) + columns_of(word) >= width && line != indent) {
      lines += line + "\n";
      line = std::string(indent.size(), ' ');
    }
    line += (line.size() == indent.size() ? "" : " ") + word;
    at = end + 1;
  }
  return lines + line + "\n";
}

}  // namespace norma
