#include "apps/common/status_line.h"

#include <unistd.h>

#include <cerrno>

namespace norma {
namespace {

// Back to the first column, and erase to the end of the line.
constexpr std::string_view kErase = "\r\x1b[K";
// The line above, erased.
constexpr std::string_view kEraseAbove = "\x1b[A\x1b[K";

// Takes away what is shown: the cursor stands in its last line.
std::string erasing(std::string_view shown) {
  std::string codes(kErase);
  for (const char c : shown)
    if (c == '\n') codes += kEraseAbove;
  return codes;
}

}  // namespace

void StatusLine::show(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (text == shown_) return;
  const std::string erase = erasing(shown_);
  shown_ = text;
  write_(erase + shown_);
}

void StatusLine::clear() {
  const std::lock_guard lock(mutex_);
  if (shown_.empty()) return;
  write_(erasing(shown_));
  shown_.clear();
}

void StatusLine::keep() {
  const std::lock_guard lock(mutex_);
  if (shown_.empty()) return;
  shown_.clear();
  write_("\n");
}

void StatusLine::print_above(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  if (shown_.empty())
    write_(lines);
  else
    write_(erasing(shown_) + std::string(lines) + shown_);
}

StatusLine& status_line() {
  static StatusLine line([](std::string_view text) { write_all(STDERR_FILENO, text); });
  return line;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace norma
