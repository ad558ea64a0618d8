#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/io/file_system.h"

namespace norma::io {

// An object as JsonLines writes it, without the end of its line.
std::string json_line(const nlohmann::ordered_json& object);

// Appends JSON objects to a file, one a line (https://jsonlines.org): a run's `metrics.jsonl`.
//
// A line reaches the system whole, in one write: whoever follows the file sees complete lines, and
// a kill loses none that was written. Numbers keep every bit of a double; NaN and the infinities,
// which JSON does not know, are written as the texts "NaN", "Infinity", "-Infinity".
class JsonLines {
 public:
  // Appends to `path`, which is made where it is missing; a last line without its end, left by a
  // crash, is cut off. `lines_per_write` lines are collected before they are written: 1 shows every
  // line at once, more save system calls where a step takes less than a millisecond.
  // Throws Error for a missing folder or no permission. A full disk is a Failure, here and below;
  // the file may then end in a part of a line.
  explicit JsonLines(const std::filesystem::path& path, int lines_per_write = 1,
                     FileSystem& files = disk());
  ~JsonLines();
  JsonLines(const JsonLines&) = delete;
  JsonLines& operator=(const JsonLines&) = delete;

  void write(const nlohmann::ordered_json& object);
  // Hands the collected lines to the system.
  void flush();
  // Flushes and waits until all lines would survive a loss of power. To be called before a
  // checkpoint that counts on them.
  void sync();
  // Bytes of the file and of the collected lines: where the next line begins.
  int64_t offset() const { return written_ + static_cast<int64_t>(pending_.size()); }

 private:
  int lines_per_write_;
  int pending_lines_ = 0;
  std::string pending_;
  int64_t written_ = 0;  // bytes handed to the system, what was there before included
  std::unique_ptr<OutputFile> file_;
};

// The objects of such a file, in order. A last line without its end, of a crash or of a writer that
// is still at it, is left out. Throws Error "FILE:LINE is no JSON object" for any other, and where
// the file cannot be read.
std::vector<nlohmann::ordered_json> read_json_lines(const std::filesystem::path& path);

// Cut a file of JSON lines back to a checkpoint, so that a resumed run writes the same file as one
// that was never interrupted. A missing file is fine when nothing of it is needed.
//
// To the first `offset` bytes. Throws Error when the file is shorter or no line ends there.
void truncate_to_offset(const std::filesystem::path& path, int64_t offset,
                        FileSystem& files = disk());
// To the lines before the first whose "step" is greater than `step` (lines without one belong to
// what is before them). What a crash left unreadable at the end is cut off; an unreadable line
// that is followed by one to be kept is damage: Error, with the line's number.
void truncate_to_step(const std::filesystem::path& path, int64_t step, FileSystem& files = disk());

}  // namespace norma::io
