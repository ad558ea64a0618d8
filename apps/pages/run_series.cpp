#include "apps/pages/run_series.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/pages/report_values.h"

namespace norma::pages {
namespace {

Series& series_named(std::vector<Series>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Series& each) { return each.name == name; });
  if (found != all.end()) return *found;
  return all.emplace_back(Series{name, {}});
}

// The points of [from, to) that stand for all of them, in their order.
void keep_some(const std::vector<Series::Point>& points, size_t from, size_t to,
               std::vector<Series::Point>& kept) {
  size_t lowest = from, highest = from;
  for (size_t i = from; i < to; ++i) {
    const auto value = points[i].value;
    if (!value) continue;
    if (!points[lowest].value || *value < *points[lowest].value) lowest = i;
    if (!points[highest].value || *value > *points[highest].value) highest = i;
  }
  for (size_t i = from; i < to; ++i)
    if (i == from || i == lowest || i == highest || !points[i].value) kept.push_back(points[i]);
}

}  // namespace

std::vector<Series> series_of(const Json& metrics) {
  std::vector<Series> all;
  for (const Json& line : metrics) {
    const auto step = number_at(line, "step");
    if (!step) continue;
    const bool is_step = line.contains("train/loss");
    for (const auto& [name, value] : line.items()) {
      const bool known =
          value.is_number() || value == "NaN" || value == "Infinity" || value == "-Infinity";
      if (name == "step" || !known || (name == "ms" && !is_step)) continue;
      series_named(all, name).points.push_back({*step, as_number(value)});
    }
  }
  return all;
}

const Series* find_series(const std::vector<Series>& all, const std::string& name) {
  for (const Series& each : all)
    if (each.name == name) return &each;
  return nullptr;
}

std::vector<Series::Point> thinned(const std::vector<Series::Point>& points, size_t most) {
  if (points.size() <= most) return points;
  // A quarter of the room for the beginning, where a logarithmic axis looks closest.
  const size_t beginning = most / 4, rest = points.size() - beginning, stretches = most / 4;
  std::vector<Series::Point> kept(points.begin(), points.begin() + static_cast<long>(beginning));
  for (size_t i = 0; i < stretches; ++i)
    keep_some(points, beginning + i * rest / stretches, beginning + (i + 1) * rest / stretches,
              kept);
  if (kept.back().step != points.back().step) kept.push_back(points.back());
  return kept;
}

}  // namespace norma::pages
