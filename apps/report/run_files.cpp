#include "apps/report/run_files.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/version.h"

namespace fs = std::filesystem;

namespace norma {
namespace {

// The objects of a file of lines; a last one that was cut off is left out.
Json read_lines(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(file.string() + " cannot be read");
  Json lines = Json::array();
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    const bool whole = !stream.eof();  // its end was written, too
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (object.is_object())
      lines.push_back(object);
    else if (whole)
      throw Error(file.string() + ":" + std::to_string(number) + " is no JSON object");
  }
  return lines;
}

Json read_metrics(const fs::path& file) {
  Json lines = read_lines(file);
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
          {"probe", fs::exists(probe) ? read_lines(probe) : Json::array()}};
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
