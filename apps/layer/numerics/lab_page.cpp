// The lab's findings as a page: a chart for each picture, and the table behind it.
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/common/human.h"
#include "apps/layer/numerics/lab.h"
#include "apps/pages/page.h"
#include "apps/pages/section.h"
#include "apps/pages/table.h"
#include "core/version.h"

namespace norma::numerics {
namespace {

pages::Cell cell_of(double value) {
  if (!std::isfinite(value)) return {"<td>" + shown(value) + "</td>", std::isnan(value)};
  return pages::written(value, shown(value));
}

std::string numbers_of(const Picture& picture, const Picture::View& view) {
  std::vector<pages::Column> columns{{picture.x_name}};
  for (const Series& series : view.series) columns.push_back({series.name});
  for (const Series& series : picture.references) columns.push_back({series.name});
  std::vector<pages::Row> rows;
  for (size_t i = 0; i < picture.x.size(); ++i) {
    pages::Row row{{pages::row_name(pages::rounded(picture.x[i]))}};
    for (const Series& series : view.series) row.cells.push_back(cell_of(series.values[i]));
    for (const Series& series : picture.references) row.cells.push_back(cell_of(series.values[i]));
    rows.push_back(std::move(row));
  }
  return pages::details(view.name.empty() ? "Numbers" : "Numbers: " + view.name,
                        pages::table(picture.y_name, columns, rows));
}

std::string html_of(const Picture& picture) {
  std::string html = pages::chart("lines", picture.title + ": " + picture.y_name, picture.id);
  for (const Picture::View& view : picture.views) html += numbers_of(picture, view);
  return html;
}

std::string html_of(const Table& table) {
  std::vector<pages::Column> columns{{table.row_name, true}};
  const size_t numbers = table.rows.empty() ? 0 : table.rows[0].values.size();
  for (size_t i = 0; i < table.columns.size(); ++i)
    columns.push_back({table.columns[i], i >= numbers});
  std::vector<pages::Row> rows;
  for (const Table::Row& each : table.rows) {
    pages::Row row{{pages::row_name(each.name)}};
    for (const double value : each.values) row.cells.push_back(cell_of(value));
    for (const std::string& word : each.words)
      row.cells.push_back(word.size() > 30 ? pages::long_text(word) : pages::word(word));
    rows.push_back(std::move(row));
  }
  return pages::table(table.title, columns, rows);
}

}  // namespace

std::string as_html(const Lab& lab) {
  pages::Body body(
      "<h1>" + html_escaped(lab.title) + "</h1>\n" + pages::paragraph(lab.summary) +
      pages::paragraph(std::string("Norma ") + version() + ", " + build_description() + "."));
  body.add("findings", "What is to be seen", "", pages::bullets(lab.findings, "findings"));
  for (const Picture& picture : lab.pictures)
    body.add(picture.id, picture.title, picture.intro, html_of(picture));
  for (const Table& table : lab.tables)
    body.add(table.id, table.title, table.intro, html_of(table));
  return pages::html_page({lab.title, body.html(), as_json(lab), embedded::kNumericsCharts, ""});
}

}  // namespace norma::numerics
