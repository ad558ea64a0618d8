#include "apps/study/tuning.h"

#include <algorithm>
#include <cmath>
#include <functional>

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
  for (const auto& [path, value] : paths.items()) {
    options.push_back(read_numbers(findings, join(where, path), path, value));
    if (options.back().values.size() == 1)
      findings.add({join(where, path), shown(value), "two numbers or more to choose from", ""});
  }
  if (options.empty())
    findings.add({where, shown(given),
                  "the dotted path of at least one option to tune, such as optim.lr", ""});
  return options;
}

// What differs in the tuning of single arms.
void read_per_arm(Findings& findings, const Json& given, Tuning& tuning) {
  const std::string expected = "an object of dotted paths and the numbers they take";
  if (!given.is_object()) {
    findings.add({"tune.per_arm", shown(given), "an object: arm, then " + expected, ""});
    return;
  }
  for (const auto& [arm, options] : given.items()) {
    const std::string where = join("tune.per_arm", arm);
    if (!options.is_object()) {
      findings.add({where, shown(options), expected, ""});
      continue;
    }
    const Json others = with_dots(options, false);
    for (const auto& [key, value] : others.items())
      findings.add({join(where, key), shown(value),
                    "no such option: budget, seeds and the like are the same for all arms", ""});
    tuning.per_arm[arm] = read_options(findings, where, options);
  }
}

// Options that the others leave without an effect.
void refuse_idle(Findings& findings, const Json& given, const Tuning& tuning) {
  const auto refuse = [&](bool idle, const char* key, const std::string& expected) {
    if (idle && given.contains(key))
      findings.add({join("tune", key), shown(given[key]), expected, ""});
  };
  const bool grid = tuning.sampler == "grid";
  refuse(grid, "budget",
         "nothing: a grid has as many points as it lists; or \"sampler\": "
         "\"quasi_random\"");
  refuse(!grid, "extend", "nothing: only a grid grows at its edges");
  refuse(tuning.halving.has_value(), "run_off", "nothing: halving ends with its last rung");
  refuse(tuning.halving.has_value(), "extend", "nothing: halving begins with all points");
}

void describe(Fields& f, Halving& halving) {
  f.integers("rungs", halving.rungs, "steps of each rung, rising", 0, {.min = 1});
  f.number("keep", halving.keep, "share of arms and points that goes on to the next rung",
           {.above = 0, .below = 1});
  const bool rising =
      std::is_sorted(halving.rungs.begin(), halving.rungs.end(), std::less_equal<int64_t>());
  f.rule(halving.rungs.size() >= 2 && rising, "rungs", "two or more numbers of steps, rising");
}

// The keys that are no paths.
void describe(Fields& f, Tuning& tuning, Json& per_arm, Json& halving) {
  f.choice("sampler", tuning.sampler, {"grid", "quasi_random"},
           "every combination of the values, or points that fill the box between them evenly");
  f.integer("budget", tuning.budget, "points of quasi_random", {.min = 2, .max = 10000});
  f.integer("seeds", tuning.seeds, "seeds that every point is tried with", {.min = 1});
  f.integer("extend", tuning.extend, "values that a grid may grow by where its best is at an edge",
            {.min = 0, .max = 20});
  f.integer("run_off", tuning.run_off, "further seeds for the two best points", {.min = 0});
  f.json("per_arm", per_arm, "other values for some arms: {\"arm\": {\"dotted.path\": values}}");
  f.json("halving", halving,
         "successive halving: {\"rungs\": [steps, …], \"keep\": share}; exploratory, no verdict");
}

void read_halving(Findings& findings, const Json& given, Tuning& tuning) {
  if (given.is_null()) return;
  Halving halving;
  Reader reader(findings, given, "tune.halving", "tune.halving", ExtraKeys::kNone);
  describe(reader, halving);
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
  describe(reader, tuning, per_arm, halving);
  reader.finish();
  read_per_arm(findings, per_arm, tuning);
  read_halving(findings, halving, tuning);
  refuse_idle(findings, given, tuning);
  return tuning;
}

Json tuning_schema() {
  Json schema = json_schema("", [](Fields& f) {
    Tuning tuning;
    Json per_arm = Json::object(), halving;
    describe(f, tuning, per_arm, halving);
  });
  schema["type"] = {"object", "null"};
  // Keys with a dot are paths of options.
  schema["patternProperties"] = {{"\\.", {{"description", kNumbersExpected}}}};
  return schema;
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
      const double value = axes[d].log ? low * std::pow(high / low, at) : low + (high - low) * at;
      points[i].push_back(axes[d].whole ? std::round(value) : three_digits(value));
    }
  }
  // Few whole numbers in a box come again and again.
  std::vector<Point> different;
  for (Point& point : points)
    if (std::find(different.begin(), different.end(), point) == different.end())
      different.push_back(std::move(point));
  return different;
}

std::optional<double> beyond(const Axis& axis, const std::vector<double>& values, bool upwards) {
  const size_t n = values.size();
  const double last = upwards ? values[n - 1] : values[0];
  const double before = upwards ? values[n - 2] : values[1];
  double next = three_digits(axis.log ? last * (last / before) : last + (last - before));
  if (last > 0 && next <= 0) next = three_digits(last / 2);
  if (axis.whole) next = upwards ? std::ceil(next) : std::floor(next);
  const bool over_the_end = last >= 0 && !upwards && (next < 0 || (last > 0 && next == 0));
  if (over_the_end) return std::nullopt;
  return next;
}

std::vector<Setting> settings_of(const std::vector<Axis>& options, const Point& point) {
  std::vector<Setting> settings;
  for (size_t i = 0; i < options.size(); ++i)
    settings.push_back({options[i].path, number_json(point[i])});
  return settings;
}

}  // namespace norma
