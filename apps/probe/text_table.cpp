#include "apps/probe/text_table.h"

#include <algorithm>

#include "apps/common/terminal.h"

namespace norma {

std::string TextTable::text() const {
  const size_t columns = rows_.front().size();
  std::vector<int> widths(columns);  // 0: no row has anything there
  for (size_t i = 0; i < columns; ++i) {
    for (size_t row = 1; row < rows_.size(); ++row)
      widths[i] = std::max(widths[i], columns_of(rows_[row][i]));
    if (widths[i] > 0) widths[i] = std::max(widths[i], columns_of(rows_.front()[i]));
  }
  std::string all;
  for (const auto& row : rows_) {
    std::string line = padded(row[0], widths[0]);
    for (size_t i = 1; i < columns; ++i)
      if (widths[i] > 0)
        line += std::string(static_cast<size_t>(2 + widths[i] - columns_of(row[i])), ' ') + row[i];
    line.erase(line.find_last_not_of(' ') + 1);
    all += (&row == &rows_.front() ? stdout_terminal().styled(line, Style::kBold) : line) + "\n";
  }
  return all;
}

}  // namespace norma
