// Typed numbers and what norms made of them, as a page: a picture a norm and question, and tables.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/layer/numbers/number_tables.h"
#include "apps/pages/page.h"
#include "apps/pages/section.h"
#include "apps/pages/table.h"
#include "core/version.h"

namespace norma::numbers {
namespace {

// One panel a norm: its name, and what `content` makes of it; norms that it makes nothing of are
// left out.
template <class Content>
std::string panels(const std::vector<ShownNorm>& norms, Content content) {
  std::string html;
  for (size_t i = 0; i < norms.size(); ++i)
    if (const std::string inside = content(norms[i], std::to_string(i)); !inside.empty())
      html += "<div>\n<h3>" + html_escaped(norms[i].spec.type) + "</h3>\n" + inside + "</div>\n";
  return html.empty() ? "" : "<div class=\"panels\">\n" + html + "</div>\n";
}

std::string table_html(const std::string& caption, const NumberTable& table) {
  std::vector<pages::Column> columns;
  for (const std::string& column : table.columns) columns.push_back({column});
  std::vector<pages::Row> rows;
  for (const std::vector<NumberCell>& cells : table.rows) {
    pages::Row row{{pages::row_name(cells[0].text)}};
    for (size_t i = 1; i < cells.size(); ++i)
      row.cells.push_back(cells[i].value ? pages::written(*cells[i].value, cells[i].text)
                                         : pages::word(cells[i].text));
    rows.push_back(std::move(row));
  }
  return pages::table(caption, columns, rows);
}

std::string tables_html(const Typed& typed, const ShownNorm& norm) {
  std::string html;
  if (norm.has_statistic()) html += table_html("Statistics", statistics_table(norm));
  html += table_html("Every number", elements_table(typed, norm));
  if (!norm.gradients.empty() && norm.has_statistic())
    html += table_html("Lengths and sums of the gradient", gradients_table(norm));
  return html;
}

std::string head(const std::string& title, const Typed& typed,
                 const std::vector<ShownNorm>& norms) {
  std::string html = "<h1>" + html_escaped(title) + "</h1>\n";
  html += pages::paragraph(
      std::to_string(typed.shape[0]) + " × " + std::to_string(typed.shape[1]) + " × " +
      std::to_string(typed.shape[2]) + " (samples, positions, channels), in " +
      (typed.training ? "training" : "eval, by running statistics where a norm keeps them") +
      ", computed in float64.");
  std::vector<std::string> formulas;
  for (const ShownNorm& norm : norms) {
    const std::string state = state_text(norm);
    formulas.push_back(norm.spec.type + ": y = " + norm.summary +
                       (state.empty() ? "" : ", with " + state));
  }
  html += pages::bullets(formulas, "findings");
  return html + pages::paragraph(std::string("Norma ") + version() + ".");
}

void add_backward(pages::Body& body, const std::vector<ShownNorm>& norms) {
  body.add("arrows", "What is taken out of the gradient",
           "The direct term d = dy·∂f/∂x, with the statistics held fixed, is an arrow in the space "
           "of the elements that share a statistic. What comes back through the mean lies along "
           "1 = (1, 1, …), what comes back through the second moment along x̂: dashed, they take "
           "d to dx. The third axis is what d has beside both.",
           panels(norms, [](const ShownNorm& norm, const std::string& index) {
             std::string html;
             const auto& all = norm.gradients;
             if (std::any_of(all.begin(), all.end(),
                             [](const auto& each) { return each.arrows.has_value(); }))
               html = pages::chart("numbers_arrows", "The gradient's terms as arrows", index);
             return html + pages::paragraph("Projection: " + norm.projection + ".");
           }));
  body.add("parts", "From dy to dx, element by element",
           "dx = direct + along 1 + along x̂; these four have one scale, dy has its own.",
           panels(norms, [](const ShownNorm&, const std::string& index) {
             return pages::chart("numbers_parts", "The gradient's terms as bars", index);
           }));
}

}  // namespace

std::string as_html(const Typed& typed, const std::vector<ShownNorm>& norms) {
  const std::string title =
      "Norms on " + std::to_string(typed.x.size()) + (typed.x.size() == 1 ? " number" : " numbers");
  pages::Body body(head(title, typed, norms));
  body.add("bars", "Before and after",
           "Bars of one colour share a statistic. A line stands on x at the mean that the norm "
           "takes off, and a band where x̂ is at most 1: to both sides by the deviation σ, or by "
           "the root mean square where no mean is taken off.",
           panels(norms, [](const ShownNorm&, const std::string& index) {
             return pages::chart("numbers_bars", "Bars before and after the norm", index);
           }));
  body.add("sharing", "Who shares a statistic",
           "Every element of (samples, positions, channels) is a small cube, samples drawn one "
           "behind the other. Point at one to see who shares its statistic.",
           panels(norms, [](const ShownNorm& norm, const std::string& index) {
             return pages::chart("numbers_cube", "Who shares a statistic", index) +
                    pages::paragraph(sharing_text(norm) + ".");
           }));
  if (!typed.dy.empty()) add_backward(body, norms);
  body.add("numbers", "Numbers",
           "r is what the norm's table makes of the moments, for its map. ~0 is 0 but for "
           "rounding.",
           panels(norms, [&](const ShownNorm& norm, const std::string&) {
             return tables_html(typed, norm);
           }));
  const Json data{{"numbers", as_json(typed, norms)}};
  return pages::html_page(
      {title, body.html(), data, embedded::kNumbersCharts, embedded::kNumbersStyle});
}

}  // namespace norma::numbers
