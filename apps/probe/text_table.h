#pragma once

#include <string>
#include <vector>

namespace norma {

// Rows of cells in columns as wide as they need: the first one to the left, numbers to the right.
// Columns that are blank in every row are left out.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heading) { rows_.push_back(std::move(heading)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace norma
