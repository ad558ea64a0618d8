// What else the arms differ in, and what the splits have in common.
#include <nlohmann/json.hpp>

#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

Cell allowed_cell(const Json& allowed) {
  if (!allowed.is_boolean()) return word("");
  return allowed.get<bool>() ? word("yes") : badge("no", "fail");
}

std::string contamination_table(const Json& report) {
  std::vector<Row> rows;
  for (const Json& each : members(member(report, "data_card"), "duplicates")) {
    const double checked = number_at(each, "checked").value_or(0);
    const double found = number_at(each, "found").value_or(0);
    if (found == 0) continue;
    rows.push_back({{row_name(text_at(each, "what")), whole(found), whole(checked),
                     figure(checked > 0 ? 100 * found / checked : 0, 2)}});
  }
  return rows.empty() ? ""
                      : table("Content that occurs twice",
                              {{"what", true}, {"found"}, {"checked"}, {"%"}}, rows);
}

std::string differences_table(const Json& report) {
  std::vector<Row> rows;
  for (const Json& each : members(report, "differences"))
    rows.push_back(
        {{row_name(text_at(each, "arm")), word(text_at(each, "what")), word(text_at(each, "here")),
          word(text_at(each, "baseline")), allowed_cell(member(each, "allowed"))}});
  if (rows.empty()) return "";
  return paragraph(
             "Arms should differ in what is studied and in nothing else. These differ in more, by "
             "little or as the study allows:") +
         table(
             "Differences from the baseline",
             {{"arm", true}, {"what", true}, {"here", true}, {"baseline", true}, {"allowed", true}},
             rows);
}

}  // namespace

std::string fairness_content(const Json& report) {
  return differences_table(report) + contamination_table(report);
}

}  // namespace norma::pages
