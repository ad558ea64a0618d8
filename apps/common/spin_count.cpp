#include "apps/common/spin_count.h"

#include <unistd.h>

#include <climits>
#include <cstdlib>

namespace norma {

void limit_thread_spinning(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) return;
  if (setenv("GOMP_SPINCOUNT", "2000", 0) != 0) return;
  // By its own path rather than /proc/self/exe, under which it would be named "exe" in lists of
  // processes.
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = '\0';
  execv(path, argv);
}

}  // namespace norma
