// Gauges of parameters and parts over the steps of a run.
#include <nlohmann/json.hpp>

#include "apps/pages/probe_parts.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"

namespace norma::pages {
namespace {

// Adds the lines of each record's `list`, called by their `key`, to the courses by gauge.
void add_courses(const Json& records, const char* list, const char* key, Json& courses) {
  for (size_t at = 0; at < records.size(); ++at)
    for (const Json& line : members(records[at], list))
      for (const auto& [gauge, number] : numbers_in(line)) {
        Json& course = courses[gauge][text_at(line, key)];
        if (course.is_null()) course = std::vector<Json>(records.size());
        course[at] = number;
      }
}

}  // namespace

Json number_or_null(const Json& value) {
  const std::optional<double> number = as_number(value);
  return number ? Json(*number) : Json(nullptr);
}

std::vector<std::pair<std::string, double>> numbers_in(const Json& line) {
  std::vector<std::pair<std::string, double>> numbers;
  for (const auto& [gauge, value] : line.items()) {
    if (const auto number = as_number(value)) numbers.emplace_back(gauge, *number);
    if (!value.is_object()) continue;
    for (const auto& [part, of_part] : value.items())
      if (const auto number = as_number(of_part)) numbers.emplace_back(gauge + " " + part, *number);
  }
  return numbers;
}

Json courses_of(const Json& records) {
  Json courses = Json::object();
  if (records.size() < 2) return courses;
  add_courses(records, "parameters", "name", courses["parameters"]);
  for (const char* list : {"joins", "attention", "norms"})
    add_courses(records, list, "path", courses["parts"]);
  return courses;
}

Json kinds_of(const Json& record) {
  Json kinds = Json::object();
  for (const Json& line : members(record, "parameters"))
    kinds[text_at(line, "name")] = text_at(line, "kind");
  return kinds;
}

Json rotation_follows(const Json& records) {
  for (const Json& record : records)
    for (const Json& line : members(record, "parameters"))
      if (const Json& name = member(member(line, "rotation"), "follows"); name.is_string())
        return name;
  return nullptr;
}

std::string courses_content(const Json& drawn, const char* of) {
  for (const Json& run : members(drawn, "runs"))
    if (!members(member(run, "courses"), of).empty())
      return chart("probe_course", std::string(of) + " over steps", of);
  return "";
}

}  // namespace norma::pages
