#include "core/io/file_system.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/error.h"

namespace norma::io {

namespace fs = std::filesystem;

void make_folders(const fs::path& folder, FileSystem& files) {
  if (folder.empty() || fs::is_directory(folder)) return;
  const fs::path path = folder.has_filename() ? folder : folder.parent_path();
  make_folders(path.parent_path(), files);
  try {
    files.make_folder(path);
  } catch (const Error&) {
    if (!fs::is_directory(path)) throw;  // else another program just made it
  }
  files.sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

void remove_tree(const fs::path& path, FileSystem& files) {
  if (fs::is_directory(fs::symlink_status(path))) {
    std::vector<fs::path> entries;  // listed first: removing while listing may skip some
    for (const auto& entry : fs::directory_iterator(path)) entries.push_back(entry.path());
    for (const auto& entry : entries) remove_tree(entry, files);
    files.remove_folder(path);
  } else {
    files.remove_file(path);
  }
}

namespace {

constexpr size_t kSuffixDigits = 16;
constexpr std::string_view kHexDigits = "0123456789abcdef";

// Whether temporary_beside() may have made this name.
bool is_temporary(std::string_view name) {
  for (std::string_view kind : {".tmp-", ".removed-"}) {
    const size_t mark = name.rfind(kind);
    if (mark == name.npos || mark == 0) continue;
    const std::string_view digits = name.substr(mark + kind.size());
    if (digits.size() == kSuffixDigits && digits.find_first_not_of(kHexDigits) == digits.npos)
      return true;
  }
  return false;
}

}  // namespace

fs::path temporary_beside(const fs::path& path, std::string_view kind) {
  // Not the process number: in containers that share a disk, every program may be number 1.
  std::random_device random;
  std::string name = path.filename().string() + "." + std::string(kind) + "-";
  for (size_t digits = 0; digits < kSuffixDigits; digits += 8) {
    const uint32_t word = random();
    for (int shift = 28; shift >= 0; shift -= 4) name += kHexDigits[(word >> shift) & 15];
  }
  return path.parent_path() / name;
}

void sweep_temporaries(const fs::path& folder, FileSystem& files) {
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_temporary(entry.path().filename().string())) leftovers.push_back(entry.path());
  }
  if (leftovers.empty()) return;
  // A rename that gave a leftover its name may itself not be on the disk yet; were its contents
  // removed first, a loss of power could bring the old name back, emptied.
  files.sync_folder(folder);
  std::sort(leftovers.begin(), leftovers.end());
  for (const auto& leftover : leftovers) remove_tree(leftover, files);
}

}  // namespace norma::io
