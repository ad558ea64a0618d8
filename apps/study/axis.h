#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/config/findings.h"

namespace norma {

// A value for one dotted path of a config.
struct Setting {
  std::string path;
  Json value;
};

Json settings_json(const std::vector<Setting>& settings);         // {"optim.lr": 0.003, …}
std::string settings_text(const std::vector<Setting>& settings);  // optim.lr=0.003, …

// One value of an axis: what it sets, the name it gives to arms, and its number where it is one.
struct AxisValue {
  std::string name;
  std::vector<Setting> settings;
  std::optional<double> number;
};

// A way in which arms differ: one path with several values.
struct Axis {
  std::string path;
  bool log = false;  // values that are spaced, or best drawn, by ratio
  std::vector<AxisValue> values;
  bool whole = false;  // numbers of an option that takes whole ones only
};

// The values that an axis of `path` may take, as a study file says them:
//   [1, 2, 4]                            a list
//   {"range": [0, 1], "count": 5}        equally spaced, ends included
//   {"log": [1e-4, 1e-1], "count": 4}    spaced by a ratio, ends included
//   {"name": value, …}                   named values
// Faults are noted at `where`; what could be read is returned.
Axis read_axis(Findings& findings, const std::string& where, const std::string& path,
               const Json& given);

inline constexpr const char* kNumbersExpected =
    "a list of numbers, {\"range\": [from, to], \"count\": n} or {\"log\": [from, to], \"count\": "
    "n}";

// The numbers of the first three ways, rising; a fault for anything else. A list is taken for one
// by ratio where its ratios are more even than its differences.
Axis read_numbers(Findings& findings, const std::string& where, const std::string& path,
                  const Json& given);

// A number as configs write it: whole numbers stay whole.
Json number_json(double value);

std::vector<std::string> paths_of(const std::vector<Axis>& axes);

// Makes the numbers whole ones, each once.
void round_values(Axis& axis);

// Rounded to three significant digits: values that a program picks are choices, not measurements,
// and people read them.
double three_digits(double value);

}  // namespace norma
