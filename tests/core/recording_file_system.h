#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/io/file_system.h"

namespace norma {

// One change to the disk, with paths relative to the recorder's root.
struct DiskOperation {
  enum class Kind {
    kCreate,
    kWrite,
    kSync,
    kShorten,
    kRename,
    kExchange,
    kMakeFolder,
    kRemoveFile,
    kRemoveFolder,
    kSyncFolder
  };
  Kind kind;
  std::string path;
  std::string other;  // the second name of a rename or an exchange
  std::string bytes;  // what a write brings
  uint64_t size = 0;  // what a shorten leaves
};

// Does everything on the real disk, below `root`, and writes down what it did; only, it does not
// wait for syncs, which change nothing that a test can see. Can let one operation fail instead, as
// a full or broken disk would.
class RecordingFileSystem : public io::FileSystem {
 public:
  using Kind = DiskOperation::Kind;
  explicit RecordingFileSystem(std::filesystem::path root) : root_(std::move(root)) {}

  const std::vector<DiskOperation>& operations() const { return operations_; }
  // The operation after `count` more throws a Failure and does nothing.
  void fail_after(int count) { until_failure_ = count; }
  bool has_failed() const { return has_failed_; }
  // For disks that cannot exchange two names.
  void refuse_exchange() { can_exchange_ = false; }

  std::unique_ptr<io::OutputFile> create(const std::filesystem::path& file) override {
    record({Kind::kCreate, relative(file), {}, {}});
    return std::make_unique<File>(*this, file, io::disk().create(file));
  }
  std::unique_ptr<io::OutputFile> append(const std::filesystem::path& file) override {
    if (!std::filesystem::exists(file)) record({Kind::kCreate, relative(file), {}, {}});
    return std::make_unique<File>(*this, file, io::disk().append(file));
  }
  void shorten(const std::filesystem::path& file, uint64_t bytes) override {
    record({Kind::kShorten, relative(file), {}, {}, bytes});
    io::disk().shorten(file, bytes);
  }
  void rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    record({Kind::kRename, relative(from), relative(to), {}});
    io::disk().rename(from, to);
  }
  bool exchange(const std::filesystem::path& a, const std::filesystem::path& b) override {
    if (!can_exchange_) return false;
    record({Kind::kExchange, relative(a), relative(b), {}});
    return io::disk().exchange(a, b);
  }
  void make_folder(const std::filesystem::path& folder) override {
    record({Kind::kMakeFolder, relative(folder), {}, {}});
    io::disk().make_folder(folder);
  }
  void remove_file(const std::filesystem::path& file) override {
    record({Kind::kRemoveFile, relative(file), {}, {}});
    io::disk().remove_file(file);
  }
  void remove_folder(const std::filesystem::path& folder) override {
    record({Kind::kRemoveFolder, relative(folder), {}, {}});
    io::disk().remove_folder(folder);
  }
  void sync_folder(const std::filesystem::path& folder) override {
    record({Kind::kSyncFolder, relative(folder), {}, {}});
  }

 private:
  class File : public io::OutputFile {
   public:
    File(RecordingFileSystem& recorder, std::filesystem::path path,
         std::unique_ptr<io::OutputFile> file)
        : recorder_(recorder), path_(std::move(path)), file_(std::move(file)) {}
    void write(std::span<const std::byte> bytes) override {
      const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      recorder_.record({Kind::kWrite, recorder_.relative(path_), {}, text});
      file_->write(bytes);
    }
    void sync() override { recorder_.record({Kind::kSync, recorder_.relative(path_), {}, {}}); }

   private:
    RecordingFileSystem& recorder_;
    std::filesystem::path path_;
    std::unique_ptr<io::OutputFile> file_;
  };

  std::string relative(const std::filesystem::path& path) const {
    return path.lexically_relative(root_).string();
  }
  void record(DiskOperation operation) {
    if (until_failure_ >= 0 && until_failure_-- == 0) {
      has_failed_ = true;
      throw Failure("cannot write " + operation.path + ": No space left on device");
    }
    operations_.push_back(std::move(operation));
  }

  std::filesystem::path root_;
  std::vector<DiskOperation> operations_;
  int until_failure_ = -1;
  bool has_failed_ = false;
  bool can_exchange_ = true;
};

}  // namespace norma
