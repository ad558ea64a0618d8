#pragma once

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/apps/child_program.h"

namespace norma {

// A study file and the folders of its runs.
class CompareStudy {
 public:
  explicit CompareStudy(const std::string& text) {
    std::ofstream(folder_.path() / "study.json") << text;
  }
  std::vector<std::string> command(const std::string& out,
                                   std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"compare", (folder_.path() / "study.json").string(), "--out",
                                   at(out).string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::filesystem::path at(const std::string& out) const { return folder_.path() / out; }
  Ended run(const std::string& out, const std::vector<std::string>& more = {}) const {
    return run_program_as_user(command(out, more));
  }
  // The lines of results.jsonl, whatever their order.
  std::set<std::string> results(const std::string& out) const {
    std::set<std::string> lines;
    std::ifstream file(at(out) / "results.jsonl");
    for (std::string line; std::getline(file, line);) lines.insert(line);
    return lines;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace norma
