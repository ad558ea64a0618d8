#include "apps/probe/cells.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/common/terminal.h"

namespace norma {

const Json& part_of(const Json& record, const char* name) {
  static const Json nothing;
  if (!record.is_object()) return nothing;
  const auto found = record.find(name);
  return found == record.end() ? nothing : *found;
}

std::string cell(const Json& record, const char* name) {
  const Json& value = part_of(record, name);
  if (!value.is_number()) return "";
  const double number = value.get<double>();
  if (std::isnan(number)) return "NaN";
  return formatted("%.3g", number);
}

std::string percent_cell(const Json& record, const char* name) {
  const Json& value = part_of(record, name);
  if (!value.is_number()) return "";
  return formatted("%.3g %%", 100 * value.get<double>());
}

std::string module_name(const Json& module) {
  std::string name = module["path"].get<std::string>();
  name += (name.empty() ? "" : " ") + module["op"].get<std::string>();
  if (const int64_t output = module["output"].get<int64_t>(); output > 0)
    name += " #" + std::to_string(output);
  return name;
}

std::string nonfinite_text(const Json& record) {
  const Json& first = record["first_nonfinite"];
  if (first.is_null()) return "";
  const std::string what =
      first["pass"] == "parameter"
          ? "parameter " + first["name"].get<std::string>()
          : module_name(first) +
                (first["pass"] == "forward" ? " (its output)" : " (the gradient by its output)");
  return stdout_terminal().styled("first value that is not finite: " + what, Style::kRed) + "\n";
}

}  // namespace norma
