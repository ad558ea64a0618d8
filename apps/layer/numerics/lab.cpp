#include "apps/layer/numerics/lab.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/common/terminal.h"

namespace norma::numerics {
namespace {

Json json_of(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return "Infinity";
  return value;
}

Json json_of(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(json_of(value));
  return list;
}

Json json_of(const std::vector<Series>& series) {
  Json object = Json::object();
  for (const Series& each : series) object[each.name] = json_of(each.values);
  return object;
}

Json json_of(const Picture& picture) {
  Json views = Json::array();
  for (const Picture::View& view : picture.views)
    views.push_back({{"name", view.name}, {"series", json_of(view.series)}});
  return {{"id", picture.id},
          {"title", picture.title},
          {"x", {{"name", picture.x_name}, {"values", picture.x}}},
          {"y", picture.y_name},
          {"views", views},
          {"view", picture.main_view},
          {"references", json_of(picture.references)}};
}

Json json_of(const Table& table) {
  Json rows = Json::object();
  for (const Table::Row& row : table.rows) {
    rows[row.name] = json_of(row.values);
    for (const std::string& word : row.words) rows[row.name].push_back(word);
  }
  return {{"id", table.id}, {"title", table.title}, {"columns", table.columns}, {"rows", rows}};
}

std::string heading(const std::string& title) {
  return "\n" + stdout_terminal().styled(title, Style::kBold) + "\n";
}

// What stands in a cell, after at least one space.
std::string cell(const std::string& text, int width) {
  return std::string(static_cast<size_t>(std::max(1, width - columns_of(text))), ' ') + text;
}

// Series are rows, their first value and those at 1, 10, 100 … columns.
std::string as_text(const Picture& picture) {
  constexpr int kName = 28, kWidth = 7;
  const Picture::View& view = picture.views[picture.main_view];
  std::string text =
      heading(picture.title + ": " + picture.y_name + (view.name.empty() ? "" : ", " + view.name));
  std::vector<size_t> shown_at;
  for (size_t i = 0; i < picture.x.size(); ++i) {
    const double decade = std::log10(picture.x[i]);
    const bool whole = decade >= 0 && std::abs(decade - std::round(decade)) < 1e-9;
    if (picture.x.size() < 12 || i == 0 || whole) shown_at.push_back(i);
  }
  text += padded("  " + picture.x_name, kName);
  for (const size_t i : shown_at)
    text += cell(picture.x.size() < 12 ? grouped(std::llround(picture.x[i]))
                                       : formatted("%.0e", picture.x[i]),
                 kWidth);
  text += "\n";
  const auto add = [&](const Series& series) {
    text += padded("  " + series.name, kName);
    for (const size_t i : shown_at) text += cell(shown(series.values[i]), kWidth);
    text += "\n";
  };
  for (const Series& series : view.series) add(series);
  for (const Series& series : picture.references) add(series);
  return text;
}

// A line of terms for each row: tables with words in them are for pages.
std::string as_text(const Table& table) {
  if (table.rows.empty() || !table.rows[0].words.empty()) return "";
  constexpr int kName = 46, kWidth = 7;
  std::string text = heading(table.title) + wrapped(table.intro, "  ");
  for (size_t i = 0; i < table.columns.size(); ++i)
    text += "  " + std::string(1, static_cast<char>('a' + i)) + " " + table.columns[i] +
            (i + 1 == table.columns.size() ? "\n"
             : i % 4 == 3                  ? "\n"
                                           : "  ");
  text += padded("", kName);
  for (size_t i = 0; i < table.columns.size(); ++i)
    text += cell(std::string(1, static_cast<char>('a' + i)), kWidth);
  text += "\n";
  for (const Table::Row& row : table.rows) {
    text += padded("  " + row.name, kName);
    for (const double value : row.values) text += cell(shown(value), kWidth);
    text += "\n";
  }
  return text;
}

}  // namespace

std::string shown(double error) {
  if (std::isnan(error)) return "–";
  if (std::isinf(error)) return "∞";
  return error == 0 ? "0" : formatted("%.0e", error);
}

Json as_json(const Lab& lab) {
  Json charts = Json::array(), tables = Json::array();
  for (const Picture& picture : lab.pictures) charts.push_back(json_of(picture));
  for (const Table& table : lab.tables) tables.push_back(json_of(table));
  return {{"title", lab.title},
          {"summary", lab.summary},
          {"findings", lab.findings},
          {"charts", charts},
          {"tables", tables}};
}

std::string as_text(const Lab& lab) {
  std::string text =
      stdout_terminal().styled(lab.title, Style::kBold) + "\n" + wrapped(lab.summary, "") + "\n";
  for (const std::string& finding : lab.findings) text += wrapped(finding, "- ");
  for (const Picture& picture : lab.pictures) text += as_text(picture);
  for (const Table& table : lab.tables) text += as_text(table);
  return text;
}

}  // namespace norma::numerics
