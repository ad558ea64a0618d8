#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/temporary_folder.h"

namespace norma {

// One of the built programs, started as a user starts it, in a process of its own. Ends with the
// object.
class ChildProgram {
 public:
  // `arguments` begin with the command ("train"); paths in them are taken from `source_dir()`.
  explicit ChildProgram(const std::vector<std::string>& arguments, int threads = 2);
  ~ChildProgram();
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  void send(int signal) const;
  // Waits for its end: the exit code, or 128 + the signal that ended it.
  int wait();
  bool running();
  // What it wrote so far.
  std::string out() const;
  std::string err() const;

 private:
  TemporaryFolder outputs_;
  pid_t pid_ = 0;
  int code_ = -1;
};

struct Ended {
  int code;
  std::string out, err;
};

// Runs a program to its end.
Ended run_program_as_user(const std::vector<std::string>& arguments, int threads = 2);

}  // namespace norma
