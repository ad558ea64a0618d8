#include "apps/probe/text_table.h"

#include <algorithm>

#include "apps/common/terminal.h"

namespace norma {

std::string TextTable::text() const {
  std::vector<int> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  std::string all;
  for (const auto& row : rows_) {
    std::string line = padded(row[0], widths[0]);
    for (size_t i = 1; i < row.size(); ++i)
      line += std::string(static_cast<size_t>(2 + widths[i] - columns_of(row[i])), ' ') + row[i];
    line.erase(line.find_last_not_of(' ') + 1);
    all += (&row == &rows_.front() ? stdout_terminal().styled(line, Style::kBold) : line) + "\n";
  }
  return all;
}

}  // namespace norma
