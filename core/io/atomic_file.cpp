#include "core/io/atomic_file.h"

#include <stdexcept>

#include "core/error.h"

namespace norma::io {

namespace fs = std::filesystem;

namespace {

// Where the new file goes: through a link to the file it names, so that the link stays a link.
fs::path destination_of(const fs::path& path) {
  std::error_code none;
  const fs::file_status status = fs::status(path, none);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw Error("cannot write " + path.string() + ": it is not a regular file" +
                (fs::is_directory(status) ? " but a folder" : ""));
  }
  const fs::path folder = path.parent_path();
  if (!folder.empty() && !fs::is_directory(folder, none)) {
    throw Error("cannot write " + path.string() + ": there is no folder " + folder.string());
  }
  return fs::exists(status) ? fs::canonical(path) : path;
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& destination, FileSystem& files)
    : files_(files),
      destination_(destination_of(destination)),
      temporary_(temporary_beside(destination_)),
      file_(files.create(temporary_)) {}

AtomicFile::~AtomicFile() {
  if (temporary_.empty()) return;
  file_.reset();
  try {
    files_.remove_file(temporary_);
  } catch (const std::exception&) {
    // The error that led here is the one to report.
  }
}

void AtomicFile::commit() {
  file_->sync();
  file_.reset();
  files_.rename(temporary_, destination_);
  temporary_.clear();
  files_.sync_folder(destination_.has_parent_path() ? destination_.parent_path() : fs::path("."));
}

void write_atomically(const fs::path& destination, std::string_view content, FileSystem& files) {
  AtomicFile file(destination, files);
  file.write(content);
  file.commit();
}

}  // namespace norma::io
