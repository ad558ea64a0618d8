#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace norma::pages {

// The tables of pages. A number is shown rounded and carries its full value in <data value>.

// One <td>, or the <th> that names its row.
struct Cell {
  std::string html;
  bool is_empty = false;
};
Cell row_name(std::string_view text);
Cell word(std::string_view text);                          // a short text
Cell long_text(std::string_view text);                     // one that may take several lines
Cell badge(std::string_view text, std::string_view kind);  // kind: pass, fail, unsure or none
// "–" where there is no number.
Cell figure(std::optional<double> value, int decimals, std::string_view unit = "");
Cell figure(std::optional<double> value);  // four significant digits
Cell whole(std::optional<double> value);   // 1,234,567
Cell interval(std::optional<double> low, std::optional<double> high, int decimals);
// A value with its interval below it.
Cell estimate(std::optional<double> value, std::optional<double> low, std::optional<double> high,
              int decimals);
// With a short remark below it.
Cell remarked(Cell cell, std::string_view remark);
// A value written as given: 12.3 MiB, < 0.001.
Cell written(double value, std::string_view shown);

struct Column {
  std::string name;
  bool is_word = false;
};
struct Row {
  std::vector<Cell> cells;
  std::string_view kind = "";  // its class: baseline
};

// A table that scrolls sideways by itself where the screen is narrow; `caption` names it. Columns
// without any content are left out.
std::string table(std::string_view caption, const std::vector<Column>& columns,
                  const std::vector<Row>& rows);

// Decimals that show two significant digits of `resolution`, at most 8.
int decimals_for(double resolution);
// As tables show them, with a true minus sign.
std::string rounded(double value, int decimals);
std::string rounded(double value);  // four significant digits

}  // namespace norma::pages
