#pragma once

#include <memory>

#include "core/parallel.h"

namespace CLI {
class App;
}

namespace norma {

// What a program says of itself.
struct About {
  const char* name;      // train
  const char* summary;   // what it does, a line or a few
  const char* examples;  // command lines, one a line, for --help
};

// The command line of a program: the options that all share (--help, --version, --quiet), to which
// it adds its own.
class CommandLine {
 public:
  CommandLine(int argc, char** argv, const About& about);
  ~CommandLine();

  // Where a program declares its options; include <CLI/CLI.hpp>.
  CLI::App& app() { return *app_; }
  // Reads the arguments into the variables declared, and sets up the log. Leaves by an exception
  // that run_program understands where they are wrong, and for --help and --version.
  void parse();

  bool quiet() const { return quiet_; }

 private:
  int argc_;
  char** argv_;
  std::unique_ptr<CLI::App> app_;
  bool quiet_ = false;
};

// Makes a program known. All of them are one executable with a link for each, as busybox is:
// what they include and instantiate alike, most of all the command line's library, is then compiled
// once.
struct RegisterProgram {
  RegisterProgram(const About& about, int (*body)(CommandLine&));
};

// Runs the program that is registered under the name that the executable was started by, `train` or
// `norma-train`.
int run_named_program(int argc, char** argv);

// Runs `body`, which declares its options, calls parse(), works, and returns
// the exit code. The only place that catches: an Error (the user's mistake, also on the command
// line) is explained on stderr and gives 2, anything else that broke gives 1.
int run_program(int argc, char** argv, const About& about, FunctionRef<int(CommandLine&)> body);

}  // namespace norma
