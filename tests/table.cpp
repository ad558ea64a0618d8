#include "tests/table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace norma {

Table::Cell& Table::at(const std::string& row, const std::string& column) {
  if (std::find(columns_.begin(), columns_.end(), column) == columns_.end())
    columns_.push_back(column);
  return rows_[row][column];
}

void Table::worst(const std::string& row, const std::string& column, double number) {
  double& kept = at(row, column).number;
  if (!std::isnan(kept) && !(number <= kept)) kept = number;
}

void Table::count(const std::string& row, const std::string& column, int more) {
  Cell& cell = at(row, column);
  cell.format = " %14.0f";
  cell.number += more;
}

void Table::figure(const std::string& row, const std::string& column, double number) {
  at(row, column) = {number, " %14.2f"};
}

Table::~Table() {
  const char* const wanted = std::getenv("NORMA_TABLE");
  if (!wanted || std::strcmp(wanted, "1") != 0) return;
  std::printf("\n%s\n%-28s", title_.c_str(), "");
  for (const std::string& column : columns_) std::printf(" %14s", column.c_str());
  std::printf("\n");
  for (const auto& [row, cells] : rows_) {
    std::printf("%-28s", row.c_str());
    for (const std::string& column : columns_) {
      const auto cell = cells.find(column);
      if (cell == cells.end())
        std::printf(" %14s", "-");
      else
        std::printf(cell->second.format, cell->second.number);
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

}  // namespace norma
