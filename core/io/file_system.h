#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace norma::io {

// A file being written: bytes are appended, sync() makes them survive a loss of power, the
// destructor closes.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  virtual void sync() = 0;
};

// The operations that change a disk, wherever their order matters. They stand behind an interface
// so that a test can record their sequence and replay any part of it, or let one of them fail.
//
// Durability: a file's bytes are safe after its sync(), a folder's entries (new files, renames,
// removals) after sync_folder(). Whatever was not synced may be lost, in any order.
// Errors: Error where the path is to blame (missing folder, no permission), else Failure; both name
// the path and the system's reason.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Opens a file that must not exist yet.
  virtual std::unique_ptr<OutputFile> create(const std::filesystem::path& file) = 0;
  // Opens a file to write on at its end; makes it where it is missing.
  virtual std::unique_ptr<OutputFile> append(const std::filesystem::path& file) = 0;
  // Cuts a file to its first `bytes` bytes, durably.
  virtual void shorten(const std::filesystem::path& file, uint64_t bytes) = 0;
  // Atomic; replaces a file (not a folder) that has the name already.
  virtual void rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  // Swaps two names atomically; false, and nothing done, where the disk's format cannot.
  virtual bool exchange(const std::filesystem::path& a, const std::filesystem::path& b) = 0;
  virtual void make_folder(const std::filesystem::path& folder) = 0;
  virtual void remove_file(const std::filesystem::path& file) = 0;
  virtual void remove_folder(const std::filesystem::path& empty_folder) = 0;
  virtual void sync_folder(const std::filesystem::path& folder) = 0;
};

// The computer's own files.
FileSystem& disk();

// Makes the folder and its missing parents, each durable. An existing folder is fine.
void make_folders(const std::filesystem::path& folder, FileSystem& files = disk());

// Removes a file, or a folder with all it holds; follows no links.
void remove_tree(const std::filesystem::path& path, FileSystem& files = disk());

// A name beside `path` that nothing else uses: `path.<kind>-<16 random hex digits>`. `kind` is
// "tmp" for what is being written, "removed" for what is being deleted.
std::filesystem::path temporary_beside(const std::filesystem::path& path,
                                       std::string_view kind = "tmp");

// Removes what interrupted programs left in `folder` under names made by temporary_beside(). To be
// called by the one program that writes there: a file that another is just writing would go too.
void sweep_temporaries(const std::filesystem::path& folder, FileSystem& files = disk());

}  // namespace norma::io
