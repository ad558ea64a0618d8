// Typed numbers and what norms made of them, as tables for a terminal.
#include <algorithm>
#include <cmath>

#include "apps/common/human.h"
#include "apps/common/terminal.h"
#include "apps/layer/numbers/number_tables.h"

namespace norma::numbers {
namespace {

constexpr size_t kMostRows = 64;

// Every column as wide as its widest cell, numbers to the right.
std::string lines_of(const NumberTable& table) {
  std::vector<int> widths;
  for (const std::string& column : table.columns) widths.push_back(columns_of(column));
  const size_t rows = std::min(table.rows.size(), kMostRows);
  for (size_t r = 0; r < rows; ++r)
    for (size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], columns_of(table.rows[r][i].text));
  const auto right = [&](const std::string& text, size_t i) {
    return std::string(static_cast<size_t>(2 + widths[i] - columns_of(text)), ' ') + text;
  };
  std::string text = "\n";
  for (size_t i = 0; i < widths.size(); ++i)
    text += i == 0 ? "  " + padded(table.columns[0], widths[0]) : right(table.columns[i], i);
  text += "\n";
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string& cell = table.rows[r][i].text;
      text += i == 0 ? "  " + padded(cell, widths[0]) : right(cell, i);
    }
    text += "\n";
  }
  if (rows < table.rows.size())
    text += "  … and " + std::to_string(table.rows.size() - rows) + " more\n";
  return text;
}

std::string norm_text(const Typed& typed, const ShownNorm& norm) {
  std::string text =
      stdout_terminal().styled(norm.spec.type, Style::kBold) + ": y = " + norm.summary + "\n";
  text += wrapped(sharing_text(norm), "  ");
  if (const std::string state = state_text(norm); !state.empty()) text += wrapped(state, "  ");
  if (norm.has_statistic()) text += lines_of(statistics_table(norm));
  if (typed.x.size() <= kMostRows) text += lines_of(elements_table(typed, norm));
  if (norm.dx.empty()) return text;
  if (norm.has_terms() && norm.has_statistic()) text += lines_of(gradients_table(norm));
  return text + "\n" + wrapped("projection: " + norm.projection, "  ");
}

}  // namespace

std::string as_text(const Typed& typed, const std::vector<ShownNorm>& norms) {
  std::string text;
  for (const ShownNorm& norm : norms) text += (text.empty() ? "" : "\n") + norm_text(typed, norm);
  return text;
}

}  // namespace norma::numbers
