#include "apps/study/worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/error.h"

namespace norma {
namespace {

constexpr int kNotStarted = 127;  // as shells have it

// In the child: becomes the worker.
[[noreturn]] void become_worker(const std::string& program, const std::string& threads, int link,
                                pid_t parent) {
  dup2(link, STDIN_FILENO);
  dup2(link, STDOUT_FILENO);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kNotStarted);  // it died before prctl
  setpgid(0, 0);  // Ctrl-C is for the study, which ends its workers itself
  execl(program.c_str(), "compare", "--worker", "--threads", threads.c_str(),
        static_cast<char*>(nullptr));
  _exit(kNotStarted);
}

}  // namespace

std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

Worker::Worker(const std::string& program, int threads) {
  int link[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) != 0)
    throw Failure(std::string("no connection to a worker: ") + std::strerror(errno));
  const std::string count = std::to_string(threads);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) become_worker(program, count, link[1], parent);
  close(link[1]);
  link_ = link[0];
  if (pid_ < 0) throw Failure(std::string("a worker cannot be started: ") + std::strerror(errno));
}

Worker::~Worker() {
  close(link_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

bool Worker::send(const Json& order) {
  const std::string line = json_line(order) + "\n";
  for (size_t at = 0; at < line.size();) {
    const ssize_t written = ::send(link_, line.data() + at, line.size() - at, MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    at += static_cast<size_t>(written);
  }
  return true;
}

bool Worker::receive(std::vector<Json>& lines) {
  char bytes[65536];
  ssize_t count = 0;
  do count = read(link_, bytes, sizeof bytes);
  while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  pending_.append(bytes, static_cast<size_t>(count));
  for (size_t end; (end = pending_.find('\n')) != std::string::npos; pending_.erase(0, end + 1))
    lines.push_back(parse_json(std::string_view(pending_).substr(0, end), "a worker's answer"));
  return true;
}

Json Worker::ask(const Json& order) {
  send(order);  // a worker that is gone shows when it is listened to
  return answer();
}

Json Worker::answer() {
  for (std::vector<Json> lines; receive(lines); lines.clear())
    for (const Json& line : lines) {
      if (line.value("mistake", false)) throw Error(line["error"].get<std::string>());
      if (line.contains("error")) throw Failure(line["error"].get<std::string>());
      if (!line.contains("step")) return line;
    }
  throw Failure("a worker is gone: it " + end());
}

std::string Worker::end() {
  int status = 0;
  if (pid_ > 0) waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFSIGNALED(status))
    return "ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
           strsignal(WTERMSIG(status)) + ")";
  if (WEXITSTATUS(status) == kNotStarted)
    return "could not be started; where Norma was built anew meanwhile, run the same command again";
  return "ended with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace norma
