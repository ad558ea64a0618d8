#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/json.h"
#include "tests/apps/compare_study.h"

namespace norma {

// A mean and its 95 % interval by Student's t, of as many values as the study has seeds.
struct Expected {
  double mean = 0, low = 0, high = 0;
};

// A study of a second, carried out by the program: three arms, six seeds, one arm of which some
// runs diverge. What its report must say is computed here, from the lines of results.jsonl alone.
class ReportedStudy {
 public:
  ReportedStudy();

  static constexpr int kSeeds = 6;
  static constexpr double kTarget = 0.6;
  const std::vector<std::string>& arms() const { return arms_; }  // the first is the baseline
  const std::vector<Json>& lines() const { return lines_; }
  const Json& verdict_line(const std::string& arm, int64_t seed) const;
  std::vector<double> scores(const std::string& arm) const;  // by seed
  // How a run ended, by its line: finished, diverged or no better; and how many of an arm's did so.
  static std::string ending(const Json& line);
  int ended(const std::string& arm, const std::string& how) const;
  Expected score(const std::string& arm) const;
  Expected difference(const std::string& arm) const;  // from the baseline, in pairs

  std::string text(const std::string& file) const;  // of the study's folder
  Json embedded() const;                            // the data in report.html

 private:
  CompareStudy study_;
  std::vector<std::string> arms_{"calm", "warm", "wild"};
  std::vector<Json> lines_;
};

}  // namespace norma
