#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace norma::io {

// A whole file, read through the page cache without a copy. Only regular files; an empty one has no
// bytes. The file must not be shortened meanwhile: Norma replaces its own files by renaming, which
// leaves a mapping of the old content intact.
// Throws Error when the file is missing, no regular file or not readable.
class MappedFile {
 public:
  MappedFile() = default;
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  // Starts on a page boundary, so 64-byte aligned.
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace norma::io
