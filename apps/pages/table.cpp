#include "apps/pages/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "apps/common/html.h"
#include "apps/common/human.h"
#include "core/config/json.h"

namespace norma::pages {
namespace {

std::string with_true_minus(const std::string& text) {
  if (text.empty() || text[0] != '-') return text;
  if (text.find_first_of("123456789") == std::string::npos) return text.substr(1);  // -0.00
  return "−" + text.substr(1);
}

std::string exact(double value, std::string_view shown) {
  return "<data value=\"" + format_number(value) + "\">" + html_escaped(shown) + "</data>";
}

const Cell kNone{"<td>–</td>", true};

Cell number_cell(std::optional<double> value, const std::string& shown) {
  return value ? written(*value, shown) : kNone;
}

std::vector<bool> filled_columns(size_t count, const std::vector<Row>& rows) {
  std::vector<bool> filled(count, false);
  for (const Row& row : rows)
    for (size_t i = 0; i < count && i < row.cells.size(); ++i)
      filled[i] = filled[i] || !row.cells[i].is_empty;
  return filled;
}

}  // namespace

Cell row_name(std::string_view text) {
  return {"<th scope=\"row\">" + html_escaped(text) + "</th>"};
}

Cell word(std::string_view text) {
  return {"<td class=\"word\">" + html_escaped(text) + "</td>", text.empty()};
}

Cell long_text(std::string_view text) {
  return {"<td class=\"long\">" + html_escaped(text) + "</td>", text.empty()};
}

Cell badge(std::string_view text, std::string_view kind) {
  return {"<td class=\"word\"><span class=\"badge " + std::string(kind) + "\">" +
          html_escaped(text) + "</span></td>"};
}

Cell figure(std::optional<double> value, int decimals, std::string_view unit) {
  return number_cell(value, value ? rounded(*value, decimals) + std::string(unit) : "");
}

Cell figure(std::optional<double> value) {
  return number_cell(value, value ? rounded(*value) : "");
}

Cell whole(std::optional<double> value) {
  return number_cell(value, value ? grouped(static_cast<int64_t>(std::llround(*value))) : "");
}

Cell interval(std::optional<double> low, std::optional<double> high, int decimals) {
  if (!low || !high) return kNone;
  return {"<td>" + exact(*low, rounded(*low, decimals)) + " to " +
          exact(*high, rounded(*high, decimals)) + "</td>"};
}

Cell estimate(std::optional<double> value, std::optional<double> low, std::optional<double> high,
              int decimals) {
  if (!value || !low || !high) return figure(value, decimals);
  return {"<td>" + exact(*value, rounded(*value, decimals)) + "<small>" +
          exact(*low, rounded(*low, decimals)) + " to " + exact(*high, rounded(*high, decimals)) +
          "</small></td>"};
}

Cell remarked(Cell cell, std::string_view remark) {
  cell.html.insert(cell.html.rfind("</td>"), "<small>" + html_escaped(remark) + "</small>");
  cell.is_empty = false;
  return cell;
}

Cell written(double value, std::string_view shown) {
  return {"<td>" + exact(value, shown) + "</td>"};
}

std::string table(std::string_view caption, const std::vector<Column>& columns,
                  const std::vector<Row>& rows) {
  const std::string name = html_escaped(caption);
  std::string html = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + name +
                     "\">\n<table>\n<caption>" + name + "</caption>\n<thead><tr>";
  const std::vector<bool> filled = filled_columns(columns.size(), rows);
  for (size_t i = 0; i < columns.size(); ++i)
    if (filled[i])
      html += std::string("<th scope=\"col\"") + (columns[i].is_word ? " class=\"word\"" : "") +
              ">" + html_escaped(columns[i].name) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const Row& row : rows) {
    html += row.kind.empty() ? "<tr>" : "<tr class=\"" + std::string(row.kind) + "\">";
    for (size_t i = 0; i < columns.size() && i < row.cells.size(); ++i)
      if (filled[i]) html += row.cells[i].html;
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table>\n</div>\n";
}

int decimals_for(double resolution) {
  if (!(resolution > 0) || !std::isfinite(resolution)) return 3;
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(resolution))), 0, 8);
}

std::string rounded(double value, int decimals) {
  const double size = std::fabs(value);
  if (size >= 1e15) return rounded(value);
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return with_true_minus(text);
}

std::string rounded(double value) {
  const double size = std::fabs(value);
  if (size >= 1e4 && size < 1e15) return with_true_minus(grouped(std::llround(value)));
  char text[64];
  std::snprintf(text, sizeof text, "%.4g", value);
  return with_true_minus(text);
}

}  // namespace norma::pages
