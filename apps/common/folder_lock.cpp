#include "apps/common/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.h"

namespace norma {

FolderLock::FolderLock(const std::filesystem::path& folder, const std::string& busy)
    : fd_(open(folder.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(fd_);
    throw Error(folder.string() + ": " + busy);
  }
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

const std::filesystem::path& made_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(folder.string() + " cannot be made: " + error.message());
  return folder;
}

}  // namespace norma
