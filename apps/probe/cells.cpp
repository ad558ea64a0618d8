#include "apps/probe/cells.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/common/terminal.h"
#include "apps/pages/probe_page.h"
#include "apps/pages/report_values.h"

namespace norma {

std::string cell(const Json& record, const char* name) {
  const Json& value = pages::member(record, name);
  if (!value.is_number()) return "";
  const double number = value.get<double>();
  if (std::isnan(number)) return "NaN";
  return formatted("%.3g", number);
}

std::string percent_cell(const Json& record, const char* name) {
  const Json& value = pages::member(record, name);
  if (!value.is_number()) return "";
  return formatted("%.3g %%", 100 * value.get<double>());
}

std::string nonfinite_text(const Json& record) {
  const Json& first = record["first_nonfinite"];
  if (first.is_null()) return "";
  const std::string what =
      first["pass"] == "parameter"
          ? "parameter " + first["name"].get<std::string>()
          : pages::module_label(first) +
                (first["pass"] == "forward" ? " (its output)" : " (the gradient by its output)");
  return stdout_terminal().styled("first value that is not finite: " + what, Style::kRed) + "\n";
}

}  // namespace norma
