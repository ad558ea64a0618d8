// The FileSystem of a POSIX computer.

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "core/error.h"
#include "core/io/file_system.h"

namespace norma::io {
namespace {

namespace fs = std::filesystem;

// A signal that arrives during a slow call interrupts it (Ctrl-C ends a training with a last
// checkpoint, so this is when it matters): the call is made again.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

[[noreturn]] void raise(const std::string& attempt, const fs::path& path) {
  const int code = errno;
  const std::string message =
      "cannot " + attempt + " " + path.string() + ": " + std::generic_category().message(code);
  switch (code) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case EACCES:
    case EPERM:
    case EROFS:
    case ENAMETOOLONG:
    case ELOOP:
      throw Error(message);
    default:
      throw Failure(message);
  }
}

int open_file(const fs::path& path, int flags, const char* attempt) {
  const int descriptor =
      uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
  if (descriptor < 0) raise(attempt, path);
  return descriptor;
}

class DiskFile : public OutputFile {
 public:
  DiskFile(const fs::path& path, int flags, const char* attempt)
      : path_(path), descriptor_(open_file(path, O_WRONLY | flags, attempt)) {}
  ~DiskFile() override { ::close(descriptor_); }
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t written =
          uninterrupted([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
      if (written < 0) raise("write " + std::to_string(bytes.size()) + " bytes to", path_);
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  }
  void sync() override {
    if (uninterrupted([&] { return ::fsync(descriptor_); }) < 0) raise("sync", path_);
  }

 private:
  fs::path path_;
  int descriptor_;
};

class Disk : public FileSystem {
 public:
  std::unique_ptr<OutputFile> create(const fs::path& file) override {
    return std::make_unique<DiskFile>(file, O_CREAT | O_EXCL, "create");
  }
  std::unique_ptr<OutputFile> append(const fs::path& file) override {
    return std::make_unique<DiskFile>(file, O_CREAT | O_APPEND, "open");
  }
  void shorten(const fs::path& file, uint64_t bytes) override {
    if (::truncate(file.c_str(), static_cast<off_t>(bytes)) < 0) raise("shorten", file);
    DiskFile(file, 0, "open").sync();
  }
  void rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) raise("rename " + from.string() + " to", to);
  }
  bool exchange(const fs::path& a, const fs::path& b) override {
    if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return false;
    raise("exchange " + a.string() + " and", b);
  }
  void make_folder(const fs::path& folder) override {
    if (::mkdir(folder.c_str(), 0777) < 0) raise("make the folder", folder);
  }
  void remove_file(const fs::path& file) override {
    if (::unlink(file.c_str()) < 0) raise("remove", file);
  }
  void remove_folder(const fs::path& empty_folder) override {
    if (::rmdir(empty_folder.c_str()) < 0) raise("remove the folder", empty_folder);
  }
  void sync_folder(const fs::path& folder) override {
    const int descriptor = open_file(folder, O_RDONLY | O_DIRECTORY, "open the folder");
    const int result = uninterrupted([&] { return ::fsync(descriptor); });
    const int code = errno;
    ::close(descriptor);
    errno = code;
    // Some network disks have no such operation; they answer EINVAL and order renames themselves.
    if (result < 0 && code != EINVAL) raise("sync the folder", folder);
  }
};

}  // namespace

FileSystem& disk() {
  static Disk instance;
  return instance;
}

}  // namespace norma::io
