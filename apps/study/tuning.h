#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/study/axis.h"

namespace norma {

// A point of the space that is tuned over: one number for each tuned option, in their order.
using Point = std::vector<double>;

// Successive halving with synchronous rungs (Jamieson and Talwalkar, "Non-stochastic best arm
// identification and hyperparameter optimization", 2016): at each rung of so many steps the better
// share goes on. Exploratory: no verdict comes from it.
struct Halving {
  std::vector<int64_t> rungs;
  double keep = 0.34;
};

// What is tuned for every arm, and with what budget; the "tune" object of a study.
struct Tuning {
  std::vector<Axis> options;  // numbers, rising
  std::map<std::string, std::vector<Axis>> per_arm;
  std::string sampler = "grid";
  int64_t budget = 16;  // points of quasi_random
  int64_t seeds = 1;
  int64_t extend = 2;  // grid points that may be added beyond an edge
  // Further seeds for the two best points, of which the better by all its seeds is chosen: one seed
  // alone often picks a neighbour of the best, and the verdict then finds that difference. 0: none.
  int64_t run_off = 0;
  std::optional<Halving> halving;

  bool any() const { return !options.empty(); }
  const std::vector<Axis>& options_of(const std::string& arm) const;
  // All points of an arm before any extension.
  std::vector<Point> points(const std::string& arm) const;
};

Tuning read_tuning(Findings& findings, const Json& given);
// The JSON Schema of "tune".
Json tuning_schema();

// Every combination of the values of these axes, the last changing fastest.
std::vector<Point> grid(const std::vector<std::vector<double>>& values);

// `count` points that fill the box evenly: the additive recurrence of Roberts ("The unreasonable
// effectiveness of quasirandom sequences", 2018), on the logarithm where an axis says so. Rounded
// to three digits, or to whole numbers, after which fewer may be left.
std::vector<Point> quasi_random(const std::vector<Axis>& axes, int64_t count);

// The next value of a rising grid of two or more beyond its end, by the step there. Numbers above 0
// stay so, and 0 is the end of those that are not below; nothing where no number is left.
std::optional<double> beyond(const Axis& axis, const std::vector<double>& values, bool upwards);

// The options of a point as settings.
std::vector<Setting> settings_of(const std::vector<Axis>& options, const Point& point);

}  // namespace norma
