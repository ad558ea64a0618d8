#include "apps/common/error_report.h"

#include <algorithm>

namespace norma {

std::string fault_table(const ConfigError& error, const Terminal& terminal) {
  // One very long path does not push the other lines out of sight.
  constexpr int kWidestPath = 32;
  int width = 0;
  for (const Fault& fault : error.faults())
    width = std::max(width, std::min(columns_of(fault.path), kWidestPath));

  std::string table = error.summary() + ":";
  for (const Fault& fault : error.faults()) {
    const std::string path = padded(fault.path.empty() ? "the whole" : fault.path, width);
    table += "\n  " + terminal.styled(path, Style::kBold) + "  found " +
             terminal.styled(fault.found, Style::kRed) + ", expected " + fault.expected;
    if (!fault.nearest.empty())
      table += "; did you mean " + terminal.styled(fault.nearest, Style::kGreen) + "?";
  }
  return table;
}

}  // namespace norma
