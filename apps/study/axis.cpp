#include "apps/study/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/config/values.h"

namespace norma {
namespace {

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

AxisValue number_value(const std::string& path, double value) {
  return {last_part(path) + "=" + format_number(value), {{path, number_json(value)}}, value};
}

// The numbers of {"range" or "log": [from, to], "count": n}; empty with a fault.
std::vector<double> spaced(Findings& findings, const std::string& where, const Json& given,
                           bool log) {
  const char* key = log ? "log" : "range";
  const Json& ends = given.at(key);
  const auto refuse = [&](const std::string& name, const std::string& expected) {
    const auto found = given.find(name);
    findings.add(
        {join(where, name), found == given.end() ? "nothing" : shown(*found), expected, ""});
  };
  double from = 0, to = 0;
  const Is bounds = log ? Is{.above = 0} : Is{};
  const bool two = ends.is_array() && ends.size() == 2 && read_value(ends[0], bounds, from) &&
                   read_value(ends[1], bounds, to) && from < to;
  if (!two) refuse(key, log ? "two numbers above 0, rising" : "two numbers, rising");
  int64_t count = 0;
  const auto written = given.find("count");
  const bool counted =
      written != given.end() && read_value(*written, {.min = 2, .max = 1000}, count);
  if (!counted) refuse("count", "an integer from 2 to 1000");
  for (const auto& [name, value] : given.items())
    if (name != key && name != "count")
      findings.add_unknown_key(where, "the axis", name, shown(value), {key, "count"});
  std::vector<double> all;
  for (int64_t i = 0; two && counted && i < count; ++i) {
    const double at = static_cast<double>(i) / static_cast<double>(count - 1);
    const double value = log ? from * std::pow(to / from, at) : from + (to - from) * at;
    all.push_back(i == 0 ? from : i == count - 1 ? to : three_digits(value));
  }
  return all;
}

bool is_spaced(const Json& given) {
  return given.is_object() && (given.contains("range") || given.contains("log"));
}

// The name of a value that was given none.
std::string name_of_value(const std::string& path, const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.contains("type") && value["type"].is_string())
    return value["type"].get<std::string>();
  return last_part(path) + "=" + json_line(value);
}

// Whether rising numbers are spaced by a ratio rather than by a difference: what comes closer to
// being the same from one to the next. Two numbers tell too little: then by a ratio of 2 or more,
// as rates and sizes are chosen.
bool rises_by_ratio(const std::vector<double>& numbers) {
  if (numbers.size() < 2 || numbers.front() <= 0) return false;
  if (numbers.size() == 2) return numbers[1] >= 2 * numbers[0];
  std::vector<double> ratios, steps;
  for (size_t i = 1; i < numbers.size(); ++i) {
    ratios.push_back(std::log(numbers[i] / numbers[i - 1]));
    steps.push_back(numbers[i] - numbers[i - 1]);
  }
  const auto unevenness = [](const std::vector<double>& all) {
    const auto [least, most] = std::minmax_element(all.begin(), all.end());
    return *most / std::max(*least, 1e-300);
  };
  return unevenness(ratios) < unevenness(steps);
}

void refuse_repetition(Findings& findings, const std::string& where, const Axis& axis) {
  for (size_t i = 0; i < axis.values.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (axis.values[i].name == axis.values[j].name)
        findings.add({join(where, std::to_string(i)), axis.values[i].name,
                      "a name that no other value of the axis has; {\"name\": value} gives one",
                      ""});
}

}  // namespace

Json number_json(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15) return static_cast<int64_t>(value);
  return value;
}

Json settings_json(const std::vector<Setting>& settings) {
  Json json = Json::object();
  for (const Setting& setting : settings) json[setting.path] = setting.value;
  return json;
}

std::string settings_text(const std::vector<Setting>& settings) {
  std::string text;
  for (const auto& [path, value] : settings)
    text += (text.empty() ? "" : ", ") + path + "=" +
            (value.is_number_float() ? format_number(value.get<double>())
             : value.is_string()     ? value.get<std::string>()
                                     : json_line(value));
  return text;
}

Axis read_axis(Findings& findings, const std::string& where, const std::string& path,
               const Json& given) {
  Axis axis{.path = path, .values = {}};
  if (is_spaced(given)) return read_numbers(findings, where, path, given);
  if (given.is_array()) {
    for (const Json& value : given)
      axis.values.push_back(value.is_number()
                                ? number_value(path, value.get<double>())
                                : AxisValue{name_of_value(path, value), {{path, value}}, {}});
    refuse_repetition(findings, where, axis);
  } else if (given.is_object()) {
    for (const auto& [name, value] : given.items()) {
      const auto number = value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
      axis.values.push_back({name, {{path, value}}, number});
    }
  }
  if (axis.values.empty())
    findings.add(
        {where, shown(given),
         std::string("a list of values, an object of named values, or ") + kNumbersExpected, ""});
  return axis;
}

Axis read_numbers(Findings& findings, const std::string& where, const std::string& path,
                  const Json& given) {
  Axis axis{.path = path, .log = given.is_object() && given.contains("log"), .values = {}};
  std::vector<double> numbers;
  if (is_spaced(given)) {
    numbers = spaced(findings, where, given, axis.log);
  } else {
    bool all_numbers = given.is_array() && !given.empty();
    if (all_numbers)
      for (const Json& value : given) {
        double number = 0;
        if (read_value(value, {}, number))
          numbers.push_back(number);
        else
          all_numbers = false;
      }
    if (!all_numbers) findings.add({where, shown(given), kNumbersExpected, ""});
  }
  std::sort(numbers.begin(), numbers.end());
  if (given.is_array()) axis.log = rises_by_ratio(numbers);
  for (const double number : numbers) axis.values.push_back(number_value(path, number));
  refuse_repetition(findings, where, axis);
  return axis;
}

std::vector<std::string> paths_of(const std::vector<Axis>& axes) {
  std::vector<std::string> paths;
  for (const Axis& axis : axes) paths.push_back(axis.path);
  return paths;
}

void round_values(Axis& axis) {
  axis.whole = true;
  std::vector<AxisValue> whole;
  for (const AxisValue& value : axis.values) {
    AxisValue rounded = number_value(axis.path, std::round(*value.number));
    if (whole.empty() || whole.back().number != rounded.number) whole.push_back(std::move(rounded));
  }
  axis.values = std::move(whole);
}

double three_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return std::strtod(text, nullptr);
}

}  // namespace norma
