#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace norma {

// The last line of a terminal, rewritten in place: a progress bar; or the last few, a table. What
// is printed meanwhile goes above it. Safe to use from several threads.
class StatusLine {
 public:
  using Write = std::function<void(std::string_view)>;
  explicit StatusLine(Write write) : write_(std::move(write)) {}

  // Shows `text`, whose lines have to fit the terminal's width and height.
  void show(std::string_view text);
  // Takes the line away.
  void clear();
  // Leaves the line where it is and goes below it.
  void keep();
  // Prints whole lines above the status line, if there is one.
  void print_above(std::string_view lines);

 private:
  std::mutex mutex_;
  Write write_;
  std::string shown_;
};

// The status line of stderr.
StatusLine& status_line();

// Writes all of `text` to a file descriptor, in one system call where possible; a stream that is
// gone is no error.
void write_all(int fd, std::string_view text);

}  // namespace norma
