#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "core/io/file_system.h"

namespace norma::io {

// Writes a file as a whole or not at all: whoever reads `destination`, at any moment and after a
// crash or a loss of power at any moment, finds the old content or the new, never a part.
// The bytes go to a temporary file in the same folder; commit() syncs it, renames it to its true
// name and syncs the folder. Without commit() the destructor removes the temporary.
// Errors: Error for a missing folder, no permission, or a destination that is not a regular file
// (renaming over /dev/null would destroy it); Failure for a full or broken disk.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& destination, FileSystem& files = disk());
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes) { file_->write(bytes); }
  void write(std::string_view text) { file_->write(std::as_bytes(std::span(text))); }
  void commit();

 private:
  FileSystem& files_;
  std::filesystem::path destination_;
  std::filesystem::path temporary_;
  std::unique_ptr<OutputFile> file_;
};

// Writes `content` as the whole of `destination`, atomically.
void write_atomically(const std::filesystem::path& destination, std::string_view content,
                      FileSystem& files = disk());

}  // namespace norma::io
