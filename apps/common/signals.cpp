#include "apps/common/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "apps/common/terminal.h"

namespace norma {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait for a lock");
// Composed before the handler can run: a handler may not allocate.
std::string stop_note;

void on_stop_signal(int signal) {
  const int saved_errno = errno;
  if (stop.exchange(true)) _exit(128 + signal);
  // Nothing can be done in a handler about a write that fails.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, stop_note.data(), stop_note.size());
  errno = saved_errno;
}

}  // namespace

void catch_stop_signals(const std::string& note) {
  // A terminal shows ^C, and perhaps a progress bar, on the line that the note would continue.
  const std::string before = stderr_terminal().interactive() ? "\n" : "";
  stop_note = note.empty() ? "" : before + note + "\n";
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() { return stop.load(std::memory_order_relaxed); }

void forget_stop_request() { stop = false; }

}  // namespace norma
