#include "apps/pages/run_tables.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

constexpr size_t kRowsOfSeries = 11;

const Series::Point* lowest(const Series* series) {
  const Series::Point* best = nullptr;
  if (!series) return best;
  for (const auto& point : series->points)
    if (point.value && (!best || *point.value < *best->value)) best = &point;
  return best;
}

Cell final_cell(const RunShown& run, const std::string& name) {
  const Series* series = find_series(run.series, name);
  if (!series) return figure(std::nullopt);
  const auto value = series->points.back().value;
  if (!value) return badge("not finite", "fail");
  if (name == "peak_bytes") return written(*value, human_bytes(*value));
  return written(*value, rounded(*value));
}

// A table with a column a run.
std::string run_table(const std::vector<RunShown>& runs, std::string_view caption,
                      const std::vector<Row>& rows) {
  std::vector<Column> columns{{"", true}};
  for (const RunShown& run : runs) columns.push_back({run.name});
  return rows.empty() ? "" : table(caption, columns, rows);
}

// The leaves of a config by dotted path.
void leaves(const Json& value, const std::string& path, Json& found) {
  if (value.is_object() && !value.empty())
    for (const auto& [key, inner] : value.items())
      leaves(inner, path.empty() ? key : path + "." + key, found);
  else
    found[path] = as_text(value);
}

}  // namespace

std::vector<std::string> series_names(const std::vector<RunShown>& runs) {
  std::vector<std::string> names;
  for (const RunShown& run : runs)
    for (const Series& series : run.series)
      if (std::find(names.begin(), names.end(), series.name) == names.end())
        names.push_back(series.name);
  return names;
}

std::string final_values(const std::vector<RunShown>& runs) {
  std::vector<Row> rows;
  const auto add = [&](const std::string& name, auto cell_of) {
    Row row{{row_name(name)}};
    for (const RunShown& run : runs) row.cells.push_back(cell_of(run));
    rows.push_back(row);
  };
  add("steps", [](const RunShown& run) {
    double last = 0;
    for (const Series& series : run.series) last = std::max(last, series.points.back().step);
    return whole(last);
  });
  for (const std::string& name : series_names(runs)) {
    add(name, [&](const RunShown& run) { return final_cell(run, name); });
    if (name != "val/loss") continue;
    add("val/loss, lowest", [&](const RunShown& run) {
      const auto* best = lowest(find_series(run.series, name));
      return best ? figure(best->value) : figure(std::nullopt);
    });
    add("val/loss, step of the lowest", [&](const RunShown& run) {
      const auto* best = lowest(find_series(run.series, name));
      return best ? whole(best->step) : figure(std::nullopt);
    });
  }
  return run_table(runs, "The last value of each figure", rows);
}

std::string config_differences(const std::vector<RunShown>& runs) {
  if (runs.size() < 2) return "";
  std::vector<Json> configs;
  Json paths = Json::object();
  for (const RunShown& run : runs) {
    configs.emplace_back(Json::object());
    leaves(member(run.run, "config"), "", configs.back());
    paths.update(configs.back());
  }
  std::vector<Row> rows;
  for (const auto& [path, ignored] : paths.items()) {
    Row row{{row_name(path)}};
    bool differs = false;
    for (const Json& config : configs) {
      differs = differs || config.value(path, Json()) != configs[0].value(path, Json());
      row.cells.push_back(word(text_at(config, path.c_str())));
    }
    if (differs) rows.push_back(row);
  }
  if (rows.empty()) return paragraph("The configs are the same.");
  return run_table(runs, "Options that differ", rows);
}

std::string numbers_of(const Json& drawn, const std::string& chart) {
  std::vector<Row> rows;
  for (const auto& [name, by_run] : drawn.at("charts").at(chart).items())
    for (size_t run = 0; run < by_run.size(); ++run) {
      const Json& points = by_run[run];
      const size_t count = std::min(points.size(), kRowsOfSeries);
      for (size_t i = 0; i < count; ++i) {
        const Json& point = points[count < 2 ? 0 : i * (points.size() - 1) / (count - 1)];
        const auto value = as_number(point[1]);
        rows.push_back(
            {{row_name(as_text(drawn["runs"][run])), word(name), whole(as_number(point[0])),
              value ? figure(value) : badge("not finite", "fail")}});
      }
    }
  if (rows.empty()) return "";
  return details("Numbers of this chart",
                 table(chart, {{"run", true}, {"figure", true}, {"step"}, {"value"}}, rows));
}

}  // namespace norma::pages
