#include "apps/pages/report_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

const Json kNothing;
const Json kEmpty = Json::array();

const Json& named(const Json& list, const char* key, const std::string& name) {
  for (const Json& each : list)
    if (text_at(each, key) == name) return each;
  return kNothing;
}

}  // namespace

const Json& member(const Json& object, const char* key) {
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

const Json& members(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_structured() ? value : kEmpty;
}

std::optional<double> as_number(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<double> number_at(const Json& object, const char* key) {
  return as_number(member(object, key));
}

std::string as_text(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? format_number(value.get<double>()) : json_line(value);
}

std::string text_at(const Json& object, const char* key) { return as_text(member(object, key)); }

bool flag_at(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_boolean() && value.get<bool>();
}

std::vector<std::string> texts_at(const Json& object, const char* key) {
  std::vector<std::string> texts;
  for (const Json& each : members(object, key)) texts.push_back(as_text(each));
  return texts;
}

std::vector<std::string> keys_within(const Json& list, const char* key) {
  std::vector<std::string> keys;
  for (const Json& each : list) {
    const Json& inner = member(each, key);
    if (!inner.is_object()) continue;
    for (const auto& [name, value] : inner.items())
      if (std::find(keys.begin(), keys.end(), name) == keys.end()) keys.push_back(name);
  }
  return keys;
}

const Json& arm_of(const Json& report, const std::string& name) {
  return named(members(report, "arms"), "name", name);
}

const Json& comparison_of(const Json& report, const std::string& arm) {
  return named(members(report, "comparisons"), "arm", arm);
}

std::string settings_text(const Json& settings) {
  if (!settings.is_object()) return as_text(settings);
  std::string text;
  for (const auto& [path, value] : settings.items())
    text += (text.empty() ? "" : ", ") + path + "=" + as_text(value);
  return text;
}

int score_decimals(const Json& report) {
  std::vector<double> widths;
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (const Json& arm : members(report, "arms")) {
    const auto low = number_at(arm, "low"), high = number_at(arm, "high");
    if (low && high && *high > *low) widths.push_back((*high - *low) / 2);
    for (const Json& each : members(arm, "scores"))
      if (const auto score = as_number(each)) {
        least = std::min(least, *score);
        most = std::max(most, *score);
      }
  }
  if (widths.empty()) return decimals_for((most - least) / 10);
  const auto middle = widths.begin() + static_cast<long>(widths.size() / 2);
  std::nth_element(widths.begin(), middle, widths.end());
  return decimals_for(*middle);
}

std::string interval_name(const Json& report) {
  return norma::interval_name(number_at(report, "confidence").value_or(0.95));
}

std::string budget_text(const Json& report) {
  const std::string budget = text_at(report, "budget");
  for (const std::string& sentence : texts_at(report, "verdict"))
    if (sentence.find(budget) != std::string::npos) return "";
  return budget;
}

bool is_of_readings(const Json& report) { return flag_at(member(report, "metric"), "reading"); }

bool is_trouble(const std::string& ending) { return !ending.empty() && ending != "finished"; }

int troubled_runs(const Json& arm) {
  const std::vector<std::string> endings = texts_at(arm, "endings");
  return static_cast<int>(std::count_if(endings.begin(), endings.end(), is_trouble));
}

std::string other_troubles(const Json& arm) {
  std::string text;
  for (const auto& [key, name] : {std::pair{"no_better", "no better"}, {"failed", "failed"}})
    if (const double count = number_at(arm, key).value_or(0); count > 0)
      text += ", " + rounded(count, 0) + " " + name;
  return text;
}

std::string rank_text(const Json& arm) {
  const Json& rank = member(arm, "rank");
  const auto best = number_at(rank, "best"), worst = number_at(rank, "worst");
  if (!best || !worst) return "";
  if (*best == *worst) return rounded(*best, 0);
  return rounded(*best, 0) + "–" + rounded(*worst, 0);
}

std::vector<const Json*> ranked_arms(const Json& report) {
  std::vector<const Json*> arms;
  for (const Json& arm : members(report, "arms")) arms.push_back(&arm);
  if (is_of_readings(report)) return arms;
  const auto mean = [](const Json* arm) {
    return number_at(*arm, "mean").value_or(std::numeric_limits<double>::infinity());
  };
  std::stable_sort(arms.begin(), arms.end(),
                   [&](const Json* a, const Json* b) { return mean(a) < mean(b); });
  return arms;
}

}  // namespace norma::pages
