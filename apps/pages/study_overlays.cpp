// What theories predicted of a claim's readings, drawn over what was measured.
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

std::optional<double> number_of(const Json& overlay, const char* key, size_t i) {
  const Json& list = members(overlay, key);
  return i < list.size() ? as_number(list[i]) : std::nullopt;
}

std::string numbers(const Json& report, const Json& overlay) {
  std::vector<Row> rows;
  for (size_t i = 0; i < members(overlay, "x").size(); ++i) {
    const auto low = number_of(overlay, "low", i), high = number_of(overlay, "high", i);
    const int decimals = low && high && *high > *low ? decimals_for((*high - *low) / 2) : 4;
    const auto least = number_of(overlay, "predicted_low", i),
               most = number_of(overlay, "predicted_high", i);
    const bool range = least && most && *least != *most;
    rows.push_back({{row_name(as_text(overlay["x"][i])),
                     figure(number_of(overlay, "y", i), decimals), interval(low, high, decimals),
                     figure(least, decimals), range ? figure(most, decimals) : Cell{"", true}}});
  }
  return details("The numbers of " + text_at(overlay, "title"),
                 table("Measured and predicted",
                       {{text_at(overlay, "x_name"), true},
                        {"measured"},
                        {interval_name(report)},
                        {"predicted"},
                        {"predicted, at most"}},
                       rows));
}

// Nothing is drawn where the theory does not apply: there is no prediction to compare with.
std::string panel(const Json& report, const Json& overlay, const std::string& place) {
  const std::string title = text_at(overlay, "title"), why_not = text_at(overlay, "why_not");
  std::string html = "<div><h3>" + html_escaped(title) + "</h3>\n";
  if (!why_not.empty()) return html + paragraph("The theory " + why_not + ".") + "</div>\n";
  html += paragraph("Predicted: " + text_at(overlay, "statement") +
                    ". Deviation: " + text_at(overlay, "score") + ".");
  return html + chart("overlay", title, place) + numbers(report, overlay) + "</div>\n";
}

}  // namespace

std::string overlays_content(const Json& report) {
  std::string panels;
  const Json& outcomes = members(member(report, "claim"), "outcomes");
  for (size_t test = 0; test < outcomes.size(); ++test) {
    const Json& overlays = members(outcomes[test], "overlays");
    for (size_t i = 0; i < overlays.size(); ++i)
      panels += panel(report, overlays[i], std::to_string(test) + "." + std::to_string(i));
  }
  return panels.empty() ? "" : "<div class=\"panels\">\n" + panels + "</div>\n";
}

}  // namespace norma::pages
