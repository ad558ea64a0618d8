#include "apps/bench/page.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/common/human.h"
#include "apps/pages/page.h"
#include "core/version.h"

namespace norma {
namespace {

std::string cell(const std::string& text, const char* kind = "") {
  return std::string("<td") + kind + ">" + html_escaped(text) + "</td>";
}

std::string row_of(const Result& each) {
  const Timing& t = each.timing;
  const double share = 100 * each.share();
  const std::string percent = formatted("%.0f", share) + "%";
  return "<tr><th scope=\"row\">" + html_escaped(each.name) + "</th>" +
         cell(human_duration(1e-6 * t.median) + (t.disturbed ? "*" : "")) +
         "<td class=\"share\" style=\"--share:" + formatted("%.1f", std::min(share, 100.0)) +
         "%\">" + percent + "</td>" + cell(each.bound_name(), " class=\"word\"") +
         cell(formatted("%.1f", each.bandwidth())) + cell(formatted("%.1f", each.rate())) +
         cell(each.loop.empty() ? "" : formatted("%.0f", 100 * each.of_best) + "%") +
         cell(human_duration(1e-6 * t.least) + " – " + human_duration(1e-6 * t.most)) +
         cell(std::to_string(t.kept) + " of " + std::to_string(t.taken)) + "</tr>\n";
}

std::string rows_of(const Results& results) {
  std::string rows;
  for (const Result& each : results.cases) rows += row_of(each);
  return rows;
}

std::string roof_rows(const Results& results) {
  std::string rows;
  const auto add = [&](const std::string& name, double rate, const char* unit,
                       const std::string& how) {
    rows += "<tr><th scope=\"row\">" + html_escaped(name) + "</th>" +
            cell(formatted("%.1f ", rate) + unit) + cell(how, " class=\"word\"") + "</tr>\n";
  };
  for (const ArithmeticRoof& roof : results.arithmetic)
    if (roof.rate > 0)
      add(name_of(roof.arithmetic), roof.rate, "GFLOP/s",
          roof.shape.empty() ? "multiply-adds in registers" : roof.shape);
  for (const MemoryRoof& roof : results.memory)
    add("memory, " + human_bytes(roof.working_set), roof.best(Traffic::kStreams), "GB/s",
        "copy " + formatted("%.1f", roof.copy) + ", triad " + formatted("%.1f", roof.triad) +
            ", update in place " + formatted("%.1f", roof.update) + ", read " +
            formatted("%.1f", roof.read));
  return rows;
}

std::string summary_of(const Results& results) {
  const Machine& machine = results.machine;
  std::string features;
  for (const std::string& each : machine.features) features += " " + each;
  return machine.cpu + ", " + std::to_string(machine.threads) + " of " +
         std::to_string(machine.cores) + " cores;" + features + ". Norma " + version() + ", " +
         build_description() + ".";
}

}  // namespace

std::string as_html(const Results& results) {
  const std::string title = results.note.empty() ? "bench" : results.note;
  const std::array<std::pair<std::string_view, std::string>, 5> values{
      {{"title", html_escaped(title)},
       {"summary", html_escaped(summary_of(results))},
       {"roofs", roof_rows(results)},
       {"rows", rows_of(results)},
       {"no_chart", pages::without_charts()}}};
  const Json data = as_json(results);
  return pages::html_page({title, filled_page(embedded::kBenchBody, values), data,
                           embedded::kRoofline, embedded::kBenchStyle});
}

}  // namespace norma
