// How far the contenders of a successive halving came.
#include <nlohmann/json.hpp>

#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {

std::string rungs_content(const Json& report) {
  const Json& rungs = member(report, "rungs");
  const Json& contenders = members(rungs, "contenders");
  if (contenders.empty()) return "";
  std::vector<std::string> names;
  for (const Json& steps : members(rungs, "steps"))
    names.push_back("after " + as_text(steps) + " steps");
  std::vector<Column> columns{{"arm", true}, {"settings", true}};
  for (const std::string& name : names) columns.push_back({name});
  std::vector<Row> rows;
  for (const Json& each : contenders) {
    Row row{{row_name(text_at(each, "arm")), word(settings_text(member(each, "settings")))}};
    const Json& scores = members(each, "scores");
    for (size_t i = 0; i < names.size(); ++i)
      row.cells.push_back(figure(i < scores.size() ? as_number(scores[i]) : std::nullopt));
    rows.push_back(row);
  }
  return table(text_at(member(report, "metric"), "tuned_on") + "; lower is better", columns, rows);
}

}  // namespace norma::pages
