#include "apps/pages/probe_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/page.h"
#include "apps/pages/probe_parts.h"
#include "apps/pages/report_values.h"
#include "apps/pages/table.h"

namespace norma {
namespace pages {
namespace {

// The first value that was not finite, run by run.
std::string alarms(const Json& runs) {
  std::vector<std::string> texts;
  for (const Json& run : runs)
    for (const Json& record : members(run, "probe")) {
      const Json& first = member(record, "first_nonfinite");
      if (!first.is_object()) continue;
      const std::string place = text_at(first, "path") + " " + text_at(first, "op");
      const std::string parameter = text_at(first, "name");
      texts.push_back(text_at(run, "name") + ", step " + text_at(record, "step") +
                      ": the first value that is not finite is " +
                      (parameter.empty() ? "in the " + text_at(first, "pass") + " of " + place
                                         : "in the parameter " + parameter));
      break;
    }
  return bullets(texts, "fail");
}

// Numbers of the last record, a row a line of `list`: its names, then the gauges found within it,
// those of the pass alone where one is given.
std::string last_numbers(const Json& record, const char* list, const char* name, const char* pass) {
  std::vector<std::string> gauges;
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, double>>>> lines;
  for (const Json& line : members(record, list)) {
    const std::string op = text_at(line, "op");
    lines.emplace_back(text_at(line, name) + (op.empty() ? "" : " " + op),
                       numbers_in(pass ? member(line, pass) : line));
    for (const auto& [gauge, number] : lines.back().second)
      if (std::ranges::find(gauges, gauge) == gauges.end()) gauges.push_back(gauge);
  }
  std::vector<Column> columns{{name, true}};
  for (const std::string& gauge : gauges) columns.push_back({gauge});
  std::vector<Row> rows;
  for (const auto& [of, numbers] : lines) {
    Row row{{row_name(of)}};
    for (const std::string& gauge : gauges) {
      const auto found =
          std::ranges::find(numbers, gauge, [](const auto& number) { return number.first; });
      row.cells.push_back(
          figure(found == numbers.end() ? std::nullopt : std::optional(found->second)));
    }
    rows.push_back(row);
  }
  const std::string title = pass ? std::string("Modules, ") + pass : list;
  return gauges.empty() ? "" : details(title, table(title, columns, rows));
}

std::string blocks_content(const Json& drawn) {
  std::vector<std::string> names = keys_within(members(drawn, "runs"), "blocks");
  std::string html;
  for (const std::string& name : names)
    html += "<div><h3>" + html_escaped(name) + "</h3>\n" +
            chart("probe_blocks", name + " by block", name) + "</div>\n";
  return html.empty() ? "" : "<div class=\"panels\">\n" + html + "</div>\n";
}

std::string fields_content(const Json& drawn) {
  std::string html;
  const Json& runs = members(drawn, "runs");
  for (size_t i = 0; i < runs.size(); ++i) {
    if (members(runs[i], "steps").size() < 2) continue;  // one step is what the chart above shows
    const std::string name = text_at(runs[i], "name");
    html += (runs.size() > 1 ? "<h3>" + html_escaped(name) + "</h3>\n" : "") +
            chart("probe_field", "modules by steps of " + name, std::to_string(i));
  }
  return html;
}

std::string histograms_content(const Json& drawn) {
  for (const Json& run : members(drawn, "runs"))
    if (!members(run, "histograms").empty())
      return chart("probe_histograms", "histogram of a module's numbers");
  return "";
}

std::string tables_content(const Json& runs) {
  std::string html;
  for (const Json& run : runs) {
    const Json& records = members(run, "probe");
    if (records.empty()) continue;
    const Json& last = records.back();
    html += "<h3>" + html_escaped(text_at(run, "name")) + ", step " +
            html_escaped(text_at(last, "step")) + "</h3>\n";
    html += last_numbers(last, "modules", "path", "forward") +
            last_numbers(last, "modules", "path", "backward") +
            last_numbers(last, "parameters", "name", nullptr);
    for (const char* part : {"joins", "attention", "norms"})
      html += last_numbers(last, part, "path", nullptr);
  }
  return html;
}

}  // namespace

void add_probe_sections(const Json& runs, const Json& drawn, Body& body) {
  body.add("nonfinite", "Values that are not finite", "", alarms(runs));
  body.add("forward", "Signal propagation",
           "What leaves each module, from the input to the loss. A network that keeps its signal "
           "has a level line; one that loses or explodes it, a slope.",
           chart("probe_depth", "forward by depth", "forward"));
  body.add("blocks", "Stream and branches, block by block",
           "The stream is what flows from block to block, a branch what a block adds to it.",
           blocks_content(drawn));
  body.add("backward", "Gradient flow",
           "The gradient of the mean loss by each module's output; backward runs from right to "
           "left. What every module multiplies it by shows as a slope.",
           chart("probe_depth", "gradient by depth", "backward"));
  body.add(
      "norms", "What each norm does to the gradient",
      "Backward through a norm: what comes in, times γ, times the gain (1/σ as a rule, usually "
      "the main story), less what lies along 1 and along x̂. A random direction would lose 1/n.",
      norms_content(drawn));
  body.add("slopes", "Slopes of maps without a statistic",
           "Where a bounded curve stands in the place of a norm (DyT, Derf …) there is nothing to "
           "take out: the gradient is multiplied by the curve's slope, element by element. Slopes "
           "without γ; where they are small, the curve is saturated.",
           slopes_content(drawn));
  body.add("parameters_course", "Parameters over steps",
           "A gauge of parameters at each step that was probed. Dashed, where there is such a "
           "thing: what theory expects it to follow, times the median of their ratio; or what it "
           "is to come near to.",
           courses_content(drawn, "parameters"));
  body.add("parts_course", "Joins, attentions and norms over steps",
           "A gauge of where branches join the stream, of attentions or of norms, likewise.",
           courses_content(drawn, "parts"));
  body.add(
      "landscape", "Loss landscape",
      "The loss around the weights as they were at a step, over fixed batches. Smooth is where "
      "the gradient does not turn on the way along it: where a longer step can be trusted.",
      landscape_content(drawn));
  body.add("field", "Modules by steps",
           "How the size of a gauge changes over training, all modules at once.",
           fields_content(drawn));
  body.add("histograms", "Histograms",
           "How a module's numbers are distributed: each bin an octave, negative numbers left, "
           "zero in the middle.",
           histograms_content(drawn));
  body.add("numbers", "The numbers", "Of the last step that was probed.", tables_content(runs));
}

}  // namespace pages

std::string probe_page(const Json& data) {
  const Json shown = pages::without_folders(data);
  const Json& runs = pages::members(shown, "runs");
  const Json drawn{{"probe", pages::probe_drawn(runs)}};
  std::string names;
  for (const Json& run : runs)
    names += (names.empty() ? "" : " and ") + pages::text_at(run, "name");
  const std::string version = pages::text_at(shown, "norma");
  pages::Body body("<h1>Inside " + html_escaped(names) + "</h1>\n" +
                   (version.empty() ? "" : pages::paragraph("Norma " + version)));
  pages::add_probe_sections(runs, drawn.at("probe"), body);
  return pages::html_page({"Inside " + names, body.html(), drawn, embedded::kProbeCharts, ""});
}

}  // namespace norma
