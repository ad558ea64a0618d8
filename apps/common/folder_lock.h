#pragma once

#include <filesystem>
#include <string>

namespace norma {

// A folder that no other process may write into meanwhile. The lock goes with the process, however
// that ends. Throws Error "FOLDER: `busy`" where another process has it.
class FolderLock {
 public:
  FolderLock(const std::filesystem::path& folder, const std::string& busy);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

// Makes a folder and its missing parents, and returns it; an Error where that cannot be.
const std::filesystem::path& made_folder(const std::filesystem::path& folder);

}  // namespace norma
