#include "apps/report/run_files.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/io/json_lines.h"
#include "core/version.h"

namespace fs = std::filesystem;

namespace norma {
namespace {

Json read_metrics(const fs::path& file) {
  Json lines = io::read_json_lines(file);
  if (lines.empty()) throw Error(file.string() + " is empty: the run has not done a step yet");
  return lines;
}

Json read_run(const fs::path& folder) {
  if (!fs::exists(folder)) throw Error(folder.string() + ": there is no such folder");
  if (!fs::is_directory(folder)) throw Error(folder.string() + " is a file, not a run folder");
  for (const char* name : {"config.json", "metrics.jsonl"})
    if (!fs::exists(folder / name))
      throw Error(folder.string() + " is not a run folder: it has no " + name);
  const fs::path card = folder / "data_card.json", probe = folder / "probe.jsonl";
  return {{"name", ""},
          {"config", load_json(folder / "config.json")},
          {"data_card", fs::exists(card) ? load_json(card) : Json(nullptr)},
          {"metrics", read_metrics(folder / "metrics.jsonl")},
          {"probe", fs::exists(probe) ? Json(io::read_json_lines(probe)) : Json::array()}};
}

// "runs/ln/" and "." name a folder, too.
std::string last_part(const fs::path& folder) {
  const fs::path whole = fs::weakly_canonical(folder);
  return whole.filename().empty() ? "run" : whole.filename().string();
}

std::string unused(const std::string& name, std::set<std::string>& used) {
  std::string candidate = name;
  for (int number = 2; !used.insert(candidate).second; ++number)
    candidate = name + " (" + std::to_string(number) + ")";
  return candidate;
}

}  // namespace

Json read_run_folders(const std::vector<fs::path>& folders) {
  Json data{{"norma", version()}, {"runs", Json::array()}};
  std::string faults;
  std::set<std::string> names;
  for (const fs::path& folder : folders) {
    try {
      Json run = read_run(folder);
      run["name"] = unused(last_part(folder), names);
      data["runs"].push_back(std::move(run));
    } catch (const Error& error) {
      faults += (faults.empty() ? "" : "\n") + std::string(error.what());
    }
  }
  if (!faults.empty()) throw Error(faults);
  return data;
}

}  // namespace norma
