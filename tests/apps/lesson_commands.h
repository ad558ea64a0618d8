#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/json.h"
#include "tests/apps/child_program.h"

namespace norma {

// The commands of one lesson, carried out as a reader would, but for what they write, which goes to a
// folder that ends with the object.
class LessonCommands {
 public:
  // `shorter`: words to put behind every command that contains the text, so that it takes less long.
  explicit LessonCommands(int number, const std::map<std::string, std::vector<std::string>>& shorter = {});

  size_t count() const { return ended_.size(); }
  const Ended& ended(size_t command) const { return ended_.at(command); }
  // Of those whose ends are not 0: for lessons that show what is refused.
  std::vector<size_t> failed() const;

  // What lies in the lesson's folder, `path` as the lesson has it behind runs/lesson-NN/.
  Json json(const std::string& path) const;
  std::vector<Json> json_lines(const std::string& path) const;
  bool has(const std::string& path) const;
  // The mean of a study's verdict trials by arm, of numbers in results.jsonl.
  std::map<std::string, double> means(const std::string& study, const std::string& metric) const;

 private:
  TemporaryFolder runs_;
  std::string folder_;
  std::vector<Ended> ended_;
};

}  // namespace norma
