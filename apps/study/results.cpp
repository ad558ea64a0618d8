#include "apps/study/results.h"

#include <fstream>

#include "core/config/changes.h"
#include "core/io/atomic_file.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

constexpr const char* kOfAStudy[] = {"study.json",  "results.jsonl", "timings.jsonl", "costs.json",
                                     "report.html", "results.csv",   "results.md"};

void check_study_folder(const fs::path& folder, const Study& study, bool overwrite) {
  if (!fs::exists(folder) || fs::is_empty(folder)) return;
  if (!fs::exists(folder / "study.json"))
    throw Error(folder.string() + " holds other files than a study's; choose another folder");
  if (overwrite) {
    for (const char* name : kOfAStudy) fs::remove(folder / name);
    return;
  }
  const Json before = load_json(folder / "study.json");
  if (before == study.resolved) return;
  throw Error(folder.string() + " holds another study, which differs in " +
              changed_options(before, study.resolved) +
              ": choose another folder with --out, or start again with --overwrite");
}

}  // namespace

TrialResults read_results(const fs::path& file) {
  TrialResults results;
  if (!fs::exists(file)) return results;
  for (Json& result : io::read_json_lines(file)) {
    std::string id = result.at("trial").get<std::string>();
    results[std::move(id)] = std::move(result);
  }
  return results;
}

StudyFolder::StudyFolder(const fs::path& folder, const Study& study, bool overwrite)
    : path_(made_folder(folder)), lock_(path_, "another study is writing into this folder") {
  check_study_folder(path_, study, overwrite);
  io::sweep_temporaries(path_);
  if (!fs::exists(path_ / "study.json"))
    io::write_atomically(path_ / "study.json", format_json(study.resolved) + "\n");
  lines_ = std::make_unique<io::JsonLines>(path_ / "results.jsonl");
  timings_ = std::make_unique<io::JsonLines>(path_ / "timings.jsonl");
  results_ = read_results(path_ / "results.jsonl");
}

void StudyFolder::add(const Json& line, double seconds, int threads) {
  lines_->write(line);
  lines_->sync();
  timings_->write({{"trial", line.at("trial")}, {"seconds", seconds}, {"threads", threads}});
  timings_->flush();
  results_[line.at("trial").get<std::string>()] = line;
}

}  // namespace norma
