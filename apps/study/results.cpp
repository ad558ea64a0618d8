#include "apps/study/results.h"

#include <spdlog/spdlog.h>

#include <set>

#include "core/config/changes.h"
#include "core/io/atomic_file.h"
#include "core/version.h"

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

bool holds_study(const fs::path& folder, const Study& study) {
  return fs::exists(folder / "results.jsonl") && fs::exists(folder / "study.json") &&
         load_json(folder / "study.json") == study.resolved;
}

TrialResults read_results(const fs::path& file) {
  TrialResults results;
  if (!fs::exists(file)) return results;
  for (Json& result : io::read_json_lines(file)) {
    const Json* const id =
        result.is_object() && result.contains("trial") ? &result["trial"] : nullptr;
    if (!id || !id->is_string())
      throw Error(file.string() + ": a line that is no trial's result: " + json_line(result));
    std::string name = id->get<std::string>();
    results[std::move(name)] = std::move(result);
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
  // What ended a process may not be there any more.
  std::erase_if(results_, [](const auto& each) { return each.second.value("died", false); });
  warn_of_other_builds();
}

void StudyFolder::warn_of_other_builds() const {
  std::set<std::string> builds;
  for (const Json& line : io::read_json_lines(path_ / "timings.jsonl"))
    builds.insert(line.value("norma", ""));
  builds.erase(version());
  builds.erase("");
  for (const std::string& each : builds)
    spdlog::warn("{}: results so far are of Norma {}, this is {}; --overwrite starts again",
                 path_.string(), each, version());
}

void StudyFolder::add(const Json& line, double seconds, int threads) {
  lines_->write(line);
  lines_->sync();
  timings_->write({{"trial", line.at("trial")},
                   {"seconds", seconds},
                   {"threads", threads},
                   {"norma", version()}});
  timings_->flush();
  results_[line.at("trial").get<std::string>()] = line;
}

}  // namespace norma
