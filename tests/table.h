#pragma once

#include <map>
#include <string>
#include <vector>

namespace norma {

// What a test measured, by name: the worst of something, how many, or how much. Printed at the end
// where the environment says NORMA_TABLE=1, so that a report can carry it; otherwise without
// effect.
class Table {
 public:
  explicit Table(std::string title) : title_(std::move(title)) {}
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // Keeps the largest number; NaN is larger than all.
  void worst(const std::string& row, const std::string& column, double number);
  void count(const std::string& row, const std::string& column, int more = 1);
  // A number as it is, to two decimals.
  void figure(const std::string& row, const std::string& column, double number);

 private:
  struct Cell {
    double number = 0;
    const char* format = " %14.1e";
  };
  Cell& at(const std::string& row, const std::string& column);

  std::string title_;
  std::vector<std::string> columns_;  // in the order of their first numbers
  std::map<std::string, std::map<std::string, Cell>> rows_;
};

}  // namespace norma
