#include "apps/common/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/catch.h"

namespace norma {
namespace {

// Sets an environment variable for as long as it lives.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, was_set_ = true;
    value ? setenv(name, value, 1) : unsetenv(name);
  }
  ~Environment() { was_set_ ? setenv(name_, old_.c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::string old_;
  bool was_set_ = false;
};

// A pair of a terminal and its other end, as a terminal emulator opens it.
class PseudoTerminal {
 public:
  PseudoTerminal() : outside_(posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(outside_ >= 0);
    REQUIRE(grantpt(outside_) == 0);
    REQUIRE(unlockpt(outside_) == 0);
    inside_ = open(ptsname(outside_), O_RDWR | O_NOCTTY);
    REQUIRE(inside_ >= 0);
  }
  ~PseudoTerminal() {
    close(inside_);
    close(outside_);
  }
  int fd() const { return inside_; }
  void resize(unsigned short columns) {
    winsize size{};
    size.ws_col = columns;
    REQUIRE(ioctl(outside_, TIOCSWINSZ, &size) == 0);
  }

 private:
  int outside_, inside_ = -1;
};

}  // namespace

TEST_CASE("a terminal knows its width and has colours unless NO_COLOR is set", "[apps]") {
  PseudoTerminal pseudo;
  const Environment term("TERM", "xterm"), no_color("NO_COLOR", nullptr);
  const Terminal terminal(pseudo.fd());
  CHECK(terminal.interactive());
  CHECK(terminal.colours());
  CHECK(terminal.width() == 80);
  pseudo.resize(132);
  CHECK(terminal.width() == 132);
  CHECK(terminal.styled("x", Style::kRed) == "\x1b[31mx\x1b[0m");
  {
    const Environment asked("NO_COLOR", "1");
    CHECK(Terminal(pseudo.fd()).interactive());
    CHECK_FALSE(Terminal(pseudo.fd()).colours());
    CHECK(Terminal(pseudo.fd()).styled("x", Style::kRed) == "x");
  }
  const Environment empty("NO_COLOR", "");  // the convention: an empty one does not count
  CHECK(Terminal(pseudo.fd()).colours());
}

TEST_CASE("a dumb terminal, a file and a pipe are not rewritten", "[apps]") {
  PseudoTerminal pseudo;
  {
    const Environment dumb("TERM", "dumb");
    CHECK_FALSE(Terminal(pseudo.fd()).interactive());
    CHECK_FALSE(Terminal(pseudo.fd()).colours());
  }
  const Environment term("TERM", "xterm");
  const int null = open("/dev/null", O_WRONLY);
  CHECK_FALSE(Terminal(null).interactive());
  CHECK_FALSE(Terminal(null).colours());
  CHECK(Terminal(null).width() == 80);
  close(null);
}

TEST_CASE("columns are characters, not bytes; colours take none", "[apps]") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("12 µs █▌") == 8);
  CHECK(columns_of("x̂ ‖dx̂‖") == 6);
  CHECK(columns_of("\x1b[31mred\x1b[0m!") == 4);
  CHECK(padded("µ", 3) == "µ  ");
  CHECK(padded("long", 3) == "long");
}

TEST_CASE("the locale decides whether block characters can be drawn", "[apps]") {
  const Environment all("LC_ALL", nullptr), ctype("LC_CTYPE", nullptr), lang("LANG", nullptr);
  CHECK_FALSE(locale_is_utf8());
  const Environment english("LANG", "en_US.UTF-8");
  CHECK(locale_is_utf8());
  const Environment posix("LC_ALL", "C");
  CHECK_FALSE(locale_is_utf8());
  const Environment c_utf8("LC_ALL", "C.utf8");
  CHECK(locale_is_utf8());
}

}  // namespace norma
