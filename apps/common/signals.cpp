#include "apps/common/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace norma {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait for a lock");
const char* stop_note = "";

void on_stop_signal(int signal) {
  const int saved_errno = errno;
  if (stop.exchange(true)) _exit(128 + signal);
  // Nothing can be done in a handler about a write that fails.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, stop_note, std::strlen(stop_note));
  errno = saved_errno;
}

}  // namespace

void catch_stop_signals(const char* note) {
  stop_note = note;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() { return stop.load(std::memory_order_relaxed); }

void forget_stop_request() { stop = false; }

}  // namespace norma
