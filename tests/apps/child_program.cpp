#include "tests/apps/child_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/core/file_bytes.h"
#include "tests/paths.h"

namespace norma {
namespace {

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

ChildProgram::ChildProgram(const std::vector<std::string>& arguments, int threads) {
  std::vector<std::string> words = arguments;
  const std::string program = (bin_dir() / words[0]).string();
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string out = (outputs_ / "out").string(), err = (outputs_ / "err").string();
  const std::string folder = source_dir().string(), count = std::to_string(threads);

  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  const auto send_to = [](int fd, const std::string& file) {
    dup2(open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), fd);
  };
  send_to(1, out);
  send_to(2, err);
  setenv("OMP_NUM_THREADS", count.c_str(), 1);
  setenv("GOMP_SPINCOUNT", "2000", 1);
  if (chdir(folder.c_str()) == 0) execv(program.c_str(), argv.data());
  _exit(127);
}

ChildProgram::~ChildProgram() {
  if (!running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void ChildProgram::send(int signal) const {
  if (code_ < 0) kill(pid_, signal);
}

int ChildProgram::wait() {
  int status = 0;
  if (code_ < 0 && waitpid(pid_, &status, 0) == pid_) code_ = code_of(status);
  return code_;
}

bool ChildProgram::running() {
  int status = 0;
  if (code_ < 0 && waitpid(pid_, &status, WNOHANG) == pid_) code_ = code_of(status);
  return code_ < 0;
}

std::string ChildProgram::out() const { return read_bytes(outputs_ / "out"); }
std::string ChildProgram::err() const { return read_bytes(outputs_ / "err"); }

Ended run_program_as_user(const std::vector<std::string>& arguments, int threads) {
  ChildProgram program(arguments, threads);
  const int code = program.wait();
  return {code, program.out(), program.err()};
}

}  // namespace norma
