#include "apps/study/tuning.h"

#include <algorithm>
#include <cmath>

#include "core/config/reader.h"
#include "core/config/values.h"

namespace norma {
namespace {

std::vector<double> numbers_of(const Axis& axis) {
  std::vector<double> all;
  for (const AxisValue& value : axis.values) all.push_back(*value.number);
  return all;
}

// Splits an object into the keys that are paths (they have a dot) and the others.
Json with_dots(const Json& given, bool dots) {
  Json part = Json::object();
  for (const auto& [key, value] : given.items())
    if ((key.find('.') != std::string::npos) == dots) part[key] = value;
  return part;
}

std::vector<Axis> read_options(Findings& findings, const std::string& where, const Json& given) {
  std::vector<Axis> options;
  const Json paths = with_dots(given, true);
  for (const auto& [path, value] : paths.items())
    options.push_back(read_numbers(findings, join(where, path), path, value));
  return options;
}

void read_halving(Findings& findings, const Json& given, Tuning& tuning) {
  if (given.is_null()) return;
  Halving halving;
  Reader reader(findings, given, "tune.halving", "tune.halving", ExtraKeys::kNone);
  reader.integers("rungs", halving.rungs, "", 0, {.min = 1});
  reader.number("keep", halving.keep, "", {.above = 0, .below = 1});
  reader.rule(
      halving.rungs.size() >= 2 && std::is_sorted(halving.rungs.begin(), halving.rungs.end()),
      "rungs", "two or more numbers of steps, rising");
  reader.finish();
  tuning.halving = halving;
}

}  // namespace

const std::vector<Axis>& Tuning::options_of(const std::string& arm) const {
  const auto own = per_arm.find(arm);
  return own == per_arm.end() ? options : own->second;
}

std::vector<Point> Tuning::points(const std::string& arm) const {
  const std::vector<Axis>& axes = options_of(arm);
  if (axes.empty()) return {};
  if (sampler == "quasi_random") return quasi_random(axes, budget);
  std::vector<std::vector<double>> values;
  for (const Axis& axis : axes) values.push_back(numbers_of(axis));
  return grid(values);
}

Tuning read_tuning(Findings& findings, const Json& given) {
  Tuning tuning;
  if (given.is_null()) return tuning;
  if (!given.is_object()) {
    findings.add({"tune", shown(given),
                  "an object such as {\"optim.lr\": {\"log\": [1e-4, 1e-1], \"count\": 6}}", ""});
    return tuning;
  }
  tuning.options = read_options(findings, "tune", given);
  const Json rest = with_dots(given, false);
  Json per_arm = Json::object(), halving;
  Reader reader(findings, rest, "tune", "tune", ExtraKeys::kNone);
  reader.choice("sampler", tuning.sampler, {"grid", "quasi_random"}, "");
  reader.integer("budget", tuning.budget, "", {.min = 2, .max = 10000});
  reader.integer("seeds", tuning.seeds, "", {.min = 1});
  reader.integer("extend", tuning.extend, "", {.min = 0, .max = 20});
  reader.json("per_arm", per_arm, "");
  reader.json("halving", halving, "");
  reader.finish();
  if (tuning.options.empty())
    findings.add({"tune", shown(given),
                  "the dotted path of at least one option to tune, such as optim.lr", ""});
  if (!per_arm.is_object())
    findings.add({"tune.per_arm", shown(per_arm), "an object: arm, then what differs for it", ""});
  else
    for (const auto& [arm, options] : per_arm.items())
      tuning.per_arm[arm] = read_options(findings, join("tune.per_arm", arm), options);
  read_halving(findings, halving, tuning);
  return tuning;
}

std::vector<Point> grid(const std::vector<std::vector<double>>& values) {
  std::vector<Point> points{{}};
  for (const std::vector<double>& axis : values) {
    std::vector<Point> longer;
    for (const Point& point : points)
      for (const double value : axis) {
        longer.push_back(point);
        longer.back().push_back(value);
      }
    points = std::move(longer);
  }
  return points;
}

std::vector<Point> quasi_random(const std::vector<Axis>& axes, int64_t count) {
  // The root of x^(d+1) = x + 1; for d = 1 the golden ratio.
  const double power = 1.0 / static_cast<double>(axes.size() + 1);
  double root = 2;
  for (int i = 0; i < 60; ++i) root = std::pow(1 + root, power);
  std::vector<Point> points(static_cast<size_t>(count));
  for (size_t d = 0; d < axes.size(); ++d) {
    const std::vector<double> ends = numbers_of(axes[d]);
    const double low = ends.front(), high = ends.back();
    const double step = std::pow(root, -static_cast<double>(d + 1));
    for (size_t i = 0; i < points.size(); ++i) {
      const double at = std::fmod(0.5 + static_cast<double>(i + 1) * step, 1.0);
      points[i].push_back(
          three_digits(axes[d].log ? low * std::pow(high / low, at) : low + (high - low) * at));
    }
  }
  return points;
}

double beyond(const Axis& axis, const std::vector<double>& values, bool upwards) {
  const size_t n = values.size();
  const double last = upwards ? values[n - 1] : values[0];
  if (n == 1) return three_digits(upwards ? last * 2 : last / 2);
  const double before = upwards ? values[n - 2] : values[1];
  if (axis.log) return three_digits(last * (last / before));
  const double next = three_digits(last + (last - before));
  return last > 0 && next <= 0 ? three_digits(last / 2) : next;  // rates stay above 0
}

std::vector<Setting> settings_of(const std::vector<Axis>& options, const Point& point) {
  std::vector<Setting> settings;
  for (size_t i = 0; i < options.size(); ++i) {
    const double value = point[i];
    const bool whole = value == std::floor(value) && std::fabs(value) < 1e15;
    settings.push_back({options[i].path, whole ? Json(static_cast<int64_t>(value)) : Json(value)});
  }
  return settings;
}

}  // namespace norma
