#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/layer/numbers/shown_norm.h"

// The tables of a norm on typed numbers, as both the terminal and the page show them.
namespace norma::numbers {

// A table's cell: what it says, and its number where it is one.
struct NumberCell {
  std::string text;
  std::optional<double> value = {};
};
struct NumberTable {
  std::vector<std::string> columns;  // the first names the rows
  std::vector<std::vector<NumberCell>> rows;
};

// A domain a row: how many elements, their mean and deviation, what the norm's table made of them.
NumberTable statistics_table(const ShownNorm& norm);
// An element a row: x, x̂, y and, with a gradient, dy, its terms and dx.
NumberTable elements_table(const Typed& typed, const ShownNorm& norm);
// A domain a row: the lengths of the gradient's terms, and the sums that are 0 where everything
// along a direction is taken out. Of a norm with terms.
NumberTable gradients_table(const ShownNorm& norm);

// Four digits; "~0" for what is nothing beside `scale` but rounding.
std::string rounded_text(double value, double scale);

}  // namespace norma::numbers
