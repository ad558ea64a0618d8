// What the arms cost, and how they do beyond the test split.
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

Cell humanly(std::optional<double> value, std::string (*write)(double)) {
  return value ? written(*value, write(*value)) : figure(value);
}

// An evaluation, and of how many seeds where not all took part: runs that diverged are not
// examined, and the mean of the others is no mean of the arm.
Cell evaluation_cell(const Json& evaluation) {
  const auto mean = number_at(evaluation, "mean"), low = number_at(evaluation, "low"),
             high = number_at(evaluation, "high");
  const Cell cell =
      low && high ? estimate(mean, low, high, decimals_for((*high - *low) / 2)) : figure(mean);
  const size_t examined = members(evaluation, "scores").size();
  const auto runs = number_at(evaluation, "runs");
  if (!runs || examined == static_cast<size_t>(*runs)) return cell;
  return remarked(cell, std::to_string(examined) + " of " + rounded(*runs, 0) + " seeds");
}

}  // namespace

std::string cost_content(const Json& report) {
  std::vector<Row> rows;
  bool measured = false;
  for (const Json& arm : members(report, "arms")) {
    const Json& costs = member(arm, "costs");
    const auto low = number_at(costs, "low"), high = number_at(costs, "high");
    const int decimals = low && high && *high > *low ? decimals_for((*high - *low) / 2) : 2;
    measured = measured || number_at(costs, "ms_per_step");
    rows.push_back(
        {{row_name(text_at(arm, "name")), figure(number_at(costs, "ms_per_step"), decimals),
          interval(low, high, decimals), figure(number_at(costs, "relative"), 2),
          humanly(number_at(costs, "peak_bytes"), human_bytes),
          figure(number_at(costs, "inference_ms")), whole(number_at(arm, "parameters")),
          humanly(number_at(arm, "flops_per_step"), human_count),
          humanly(number_at(arm, "tokens"), human_count)},
         flag_at(arm, "baseline") ? "baseline" : ""});
  }
  if (!measured) return "";
  return chart("costs", "Milliseconds a step against score") +
         table("Measured in turns with the other arms: medians over the turns",
               {{"arm", true},
                {"ms a step"},
                {"middle half of the turns"},
                {"of the baseline's"},
                {"peak memory"},
                {"inference, ms"},
                {"parameters"},
                {"operations a step"},
                {"tokens"}},
               rows);
}

std::string robustness_content(const Json& report) {
  const Json& arms = members(report, "arms");
  const std::vector<std::string> names = keys_within(arms, "evaluations");
  if (names.empty()) return "";
  std::vector<std::string> titles;
  for (const Json& arm : arms) titles.push_back(text_at(arm, "name"));
  std::vector<Column> columns{{"evaluation", true}};
  for (const std::string& title : titles) columns.push_back({title});
  std::vector<Row> rows;
  for (const std::string& name : names) {
    Row row{{row_name(name)}};
    for (const Json& arm : arms)
      row.cells.push_back(evaluation_cell(member(member(arm, "evaluations"), name.c_str())));
    rows.push_back(row);
  }
  return table("Evaluations by arm: mean and " + interval_name(report) + " over seeds", columns,
               rows);
}

std::string measures_content(const Json& report) {
  std::vector<Row> rows;
  for (const Json& each : members(report, "measures")) {
    const auto low = number_at(each, "low"), high = number_at(each, "high");
    rows.push_back({{row_name(text_at(each, "name")), word(text_at(each, "arm")),
                     figure(number_at(each, "value")),
                     interval(low, high, low && high ? decimals_for((*high - *low) / 2) : 3),
                     long_text(text_at(each, "why_not"))}});
  }
  if (rows.empty()) return "";
  return table("Descriptive measures",
               {{"measure", true},
                {"arm", true},
                {"value"},
                {"95 % interval (bootstrap)"},
                {"why there is none", true}},
               rows);
}

}  // namespace norma::pages
