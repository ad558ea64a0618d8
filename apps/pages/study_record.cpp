// What reproduces a study, and every trial of it.
#include <nlohmann/json.hpp>

#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

void add_properties(const Json& object, const std::string& path, std::vector<Row>& rows) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = path.empty() ? key : path + "." + key;
    if (value.is_object())
      add_properties(value, name, rows);
    else if (!value.is_null())
      rows.push_back({{row_name(name), long_text(as_text(value))}});
  }
}

std::string configs(const Json& report) {
  std::string html;
  for (const Json& arm : members(report, "arms")) {
    const Json& config = member(arm, "config");
    if (!config.is_structured() || config.empty()) continue;
    const std::string settings = settings_text(member(arm, "settings"));
    html += details(text_at(arm, "name"), (settings.empty() ? "" : paragraph("Sets " + settings)) +
                                              preformatted(format_json(config)));
  }
  return html.empty() ? "" : "<h3>Configs of the arms</h3>\n" + html;
}

// How a trial ended; its status, where a report says no more.
std::string ending_of(const Json& trial) {
  const std::string ending = text_at(trial, "ending");
  return ending.empty() ? text_at(trial, "status") : ending;
}

Cell ending_cell(const std::string& ending) {
  return is_trouble(ending) ? badge(ending, "fail") : word(ending);
}

}  // namespace

std::string properties(std::string_view caption, const Json& object) {
  if (!object.is_object() || object.empty()) return "";
  std::vector<Row> rows;
  add_properties(object, "", rows);
  return table(caption, {{"", true}, {"", true}}, rows);
}

std::string reproduction_content(const Json& report) {
  std::string html;
  if (const std::string command = text_at(report, "command"); !command.empty())
    html += preformatted(command);
  if (const Json& study = member(report, "study"); study.is_object())
    html += details("The study, every default filled in", preformatted(format_json(study)));
  if (const std::string card = properties("Data card", member(report, "data_card")); !card.empty())
    html += "<h3>Data</h3>\n" + details("Data card", card);
  html += configs(report);
  if (const std::string where = properties("Where it ran", member(report, "environment"));
      !where.empty())
    html += "<h3>Environment</h3>\n" + where;
  return html;
}

std::string trials_content(const Json& report) {
  const Json& trials = members(report, "trials");
  if (trials.empty()) return "";
  const std::vector<std::string> paths = keys_within(trials, "settings");
  std::vector<Column> columns{{"trial", true}, {"arm", true}, {"phase", true}, {"seed", true}};
  for (const std::string& path : paths) columns.push_back({path});
  columns.insert(
      columns.end(),
      {{"ended", true}, {"steps"}, {"initial"}, {"metric"}, {"score"}, {"reason", true}});
  const int decimals = score_decimals(report) + 1;
  std::vector<Row> rows;
  int troubled = 0;
  for (const Json& trial : trials) {
    Row row{{row_name(text_at(trial, "trial")), word(text_at(trial, "arm")),
             word(text_at(trial, "phase")), word(text_at(trial, "seed"))}};
    for (const std::string& path : paths) {
      const Json& value = member(member(trial, "settings"), path.c_str());
      row.cells.push_back(value.is_number() ? figure(as_number(value)) : word(as_text(value)));
    }
    const std::string ending = ending_of(trial);
    troubled += is_trouble(ending) ? 1 : 0;
    row.cells.insert(row.cells.end(), {ending_cell(ending), whole(number_at(trial, "steps")),
                                       figure(number_at(trial, "initial"), decimals),
                                       figure(number_at(trial, "metric"), decimals),
                                       figure(number_at(trial, "score"), decimals),
                                       long_text(text_at(trial, "reason"))});
    rows.push_back(row);
  }
  const std::string count = std::to_string(rows.size()) + " trials";
  return details(
      troubled > 0 ? count + ", " + std::to_string(troubled) + " of them in trouble" : count,
      table("All trials", columns, rows));
}

}  // namespace norma::pages
