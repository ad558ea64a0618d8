#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "apps/common/folder_lock.h"
#include "apps/study/trial.h"
#include "core/io/json_lines.h"

namespace norma {

// The finished trials of a study by their id: the lines of results.jsonl.
using TrialResults = std::map<std::string, Json>;

// The folder of a study and its files:
//   study.json     the study with every default; running it again goes on where it was
//   results.jsonl  a line for every finished trial, in the order in which they ended
//   timings.jsonl  how long each took and by which build: never twice the same, so apart from the
//                  results
//   costs.json     time and memory of the arms, measured in turns
//   report.html, results.csv, results.md
class StudyFolder {
 public:
  // Makes the folder, or goes on with the study in it: trials whose process died are tried again.
  // Throws Error where it holds another study or other files, or where another program is writing
  // into it.
  StudyFolder(const std::filesystem::path& folder, const Study& study, bool overwrite);

  const std::filesystem::path& path() const { return path_; }
  const TrialResults& results() const { return results_; }
  // Keeps a result: when this returns, it survives a loss of power.
  void add(const Json& line, double seconds, int threads);

 private:
  void warn_of_other_builds() const;

  std::filesystem::path path_;
  FolderLock lock_;
  TrialResults results_;
  std::unique_ptr<io::JsonLines> lines_, timings_;
};

// Whether a folder holds results of just this study.
bool holds_study(const std::filesystem::path& folder, const Study& study);

// The lines of a results.jsonl; a last line that a crash cut short is left out.
TrialResults read_results(const std::filesystem::path& file);

}  // namespace norma
