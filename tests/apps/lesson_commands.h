#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/json.h"
#include "tests/apps/child_program.h"
#include "tests/specimen.h"

namespace norma {

// The commands of one lesson, carried out as a reader would, but for what they write, which goes to
// a folder that ends with the object.
class LessonCommands {
 public:
  // `instead`: what stands in place of texts of the commands, so that they take less long or answer
  // as JSON; each must be there.
  explicit LessonCommands(int number, const std::map<std::string, std::string>& instead = {});

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

// A gauge of all modules of one operation, in the order of the forward; `pass` forward or backward.
Numbers of_modules(const Json& record, const std::string& op, const char* pass, const char* gauge);
// The same of the parts of a list of a record: gauges within gauges as "norm_gradient/gain_median".
Numbers of_parts(const Json& record, const char* list, const std::string& gauge);

double median_of(Numbers numbers);
// The slope of y over x by least squares.
double slope_of(const Numbers& x, const Numbers& y);

}  // namespace norma
