#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/io/atomic_file.h"
#include "core/io/checkpoint.h"
#include "core/io/checkpoint_names.h"
#include "core/io/sha256.h"

namespace norma::io {

namespace fs = std::filesystem;

namespace {

// A folder under a temporary name, removed again unless it is kept.
class TemporaryFolder {
 public:
  TemporaryFolder(const fs::path& destination, FileSystem& files)
      : files_(files), path_(temporary_beside(destination)) {
    files_.make_folder(path_);
  }
  ~TemporaryFolder() {
    if (path_.empty()) return;
    try {
      remove_tree(path_, files_);
    } catch (const std::exception&) {
      // The error that led here is the one to report; the next start sweeps the folder.
    }
  }
  const fs::path& path() const { return path_; }
  fs::path release() { return std::exchange(path_, {}); }

 private:
  FileSystem& files_;
  fs::path path_;
};

// Writes the files of one checkpoint, each synced, and notes their checksums as it goes.
class CheckpointWriter {
 public:
  CheckpointWriter(fs::path folder, FileSystem& files)
      : folder_(std::move(folder)), files_(files) {}

  // `produce` hands the file's bytes to the sink it is given.
  template <class Produce>
  void write(const std::string& name, Produce produce) {
    const auto file = files_.create(folder_ / name);
    Sha256 hash;
    produce([&](std::span<const std::byte> bytes) {
      hash.update(bytes);
      file->write(bytes);
    });
    file->sync();
    checksums_ += hash.hex() + "  " + name + "\n";
  }
  void write_text(const std::string& name, const std::string& text) {
    write(name, [&](auto sink) { sink(std::as_bytes(std::span(text))); });
  }
  void finish() {
    const std::string checksums = checksums_;
    write_text(kChecksums, checksums);
    files_.sync_folder(folder_);
  }

 private:
  fs::path folder_;
  FileSystem& files_;
  std::string checksums_;
};

void check(const CheckpointContent& content) {
  const int64_t inside = step_of_state(content.state_json, "[checkpoint] state_json ");
  if (inside != content.step) {
    throw Error("[checkpoint] state_json says step " + std::to_string(inside) +
                ", the checkpoint is of step " + std::to_string(content.step));
  }
  for (const auto& [stem, tensors] : content.tensors) {
    if (!is_plain(stem)) {
      throw Error("[checkpoint] cannot name a file \"" + stem +
                  "\": letters, digits, _ and - are allowed");
    }
  }
}

}  // namespace

CheckpointFolder::CheckpointFolder(fs::path root, int keep_last, FileSystem& files)
    : root_(std::move(root)), keep_last_(keep_last), files_(files) {
  if (keep_last < 1) {
    throw Error("[checkpoint] cannot keep the last " + std::to_string(keep_last) +
                " checkpoints, at least 1 is needed to go on from");
  }
  make_folders(root_, files_);
  files_.sync_folder(root_);
  sweep_temporaries(root_, files_);
}

void CheckpointFolder::save(const CheckpointContent& content) {
  check(content);
  const fs::path destination = root_ / step_name(content.step);
  TemporaryFolder temporary(destination, files_);
  CheckpointWriter writer(temporary.path(), files_);
  for (const auto& [stem, tensors] : content.tensors) {
    writer.write(stem + std::string(kTensorFile),
                 [&](const ByteSink& sink) { serialize_safetensors(tensors, {}, sink); });
  }
  writer.write_text(kState, content.state_json);
  writer.finish();

  fs::path replaced;
  if (!fs::exists(fs::symlink_status(destination))) {
    files_.rename(temporary.path(), destination);
    temporary.release();
  } else if (files_.exchange(temporary.path(), destination)) {
    replaced = temporary.release();
  } else {
    // Where names cannot be swapped, a kill between these two leaves the older checkpoints only.
    replaced = temporary_beside(destination, "removed");
    files_.rename(destination, replaced);
    try {
      files_.rename(temporary.path(), destination);
    } catch (const std::exception&) {
      files_.rename(replaced, destination);
      throw;
    }
    temporary.release();
  }
  files_.sync_folder(root_);
  if (!replaced.empty()) remove_tree(replaced, files_);
  remove_too_old(content.step);
}

void CheckpointFolder::keep_best(int64_t step) {
  if (!fs::is_directory(root_ / step_name(step))) {
    throw Error("[checkpoint] cannot keep step " + std::to_string(step) +
                " as the best: " + root_.string() + " holds no " + step_name(step));
  }
  write_atomically(root_ / kBest, step_name(step) + "\n", files_);
}

void CheckpointFolder::rewind_to(int64_t step) {
  std::vector<int64_t> later = steps_in(root_);
  std::erase_if(later, [&](int64_t s) { return s <= step; });
  remove(later);
}

void CheckpointFolder::remove_too_old(int64_t newest) {
  std::vector<int64_t> steps = steps_in(root_);
  // Later ones are none of ours: they are there if the caller went back without rewind_to().
  std::erase_if(steps, [&](int64_t s) { return s > newest; });
  const size_t keep = std::min(steps.size(), static_cast<size_t>(keep_last_));
  steps.resize(steps.size() - keep);
  if (const auto best = this->best()) {
    std::erase(steps, step_of_name(best->filename().string()).value());
  }
  remove(steps);
}

void CheckpointFolder::remove(const std::vector<int64_t>& steps) {
  if (steps.empty()) return;
  std::vector<fs::path> doomed;
  for (int64_t step : steps) {
    const fs::path folder = root_ / step_name(step);
    doomed.push_back(temporary_beside(folder, "removed"));
    files_.rename(folder, doomed.back());
  }
  // Only when the true names are surely gone may the contents go.
  files_.sync_folder(root_);
  for (const fs::path& folder : doomed) remove_tree(folder, files_);
}

}  // namespace norma::io
