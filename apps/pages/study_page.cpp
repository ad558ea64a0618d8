#include "apps/pages/study_page.h"

#include <nlohmann/json.hpp>

#include "apps/pages/page.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"

namespace norma {
namespace {

// What the scripts draw: the report, and the curve that stands beside a published one.
Json drawn_data(const Json& report) {
  Json data = report;
  if (pages::member(data, "claim").is_object())
    data["claim"]["measured_curve"] = pages::measured_curve(report);
  return data;
}

std::string study_body(const Json& report) {
  pages::Body body(pages::study_head(report));
  body.add("claim", "The claim", "", pages::claim_content(report));
  body.add(
      "overlays", "Predicted and measured",
      "Points are means over seeds with their intervals, dashed lines what the theory predicts: "
      "one line for a value, two for bounds.",
      pages::overlays_content(report));
  body.add("ranking", "Ranking",
           "The mean of each arm over its fresh seeds with its interval; every seed a faint "
           "point, a diverged one a cross. Ranks are the places that the arm may hold.",
           pages::ranking_content(report));
  body.add("comparisons", "Against the baseline",
           "Differences from the baseline with their intervals; below 0 is better. Within the grey "
           "band a difference is too small to matter.",
           pages::comparison_content(report));
  body.add("fairness", "What else differs",
           "Arms should differ in what is studied and in nothing else. Where they do:",
           pages::fairness_content(report));
  body.add("curves", "Learning curves", "Every seed, as it was measured.",
           pages::curves_content(report));
  body.add("tuning", "What was tuned", "", pages::tuning_content(report));
  body.add(
      "time", "Time to the target",
      "The share of seeds that reached the target within a multiple of the fastest arm's time.",
      pages::time_content(report));
  body.add("cost", "Cost against quality", "Down and left is better: lower, and faster.",
           pages::cost_content(report));
  body.add("heat-map", "Two axes", "The stronger a cell's colour, the lower its value.",
           pages::heat_map_content(report));
  body.add("robustness", "Beyond the test split",
           "The arms' models under other conditions: the mean over seeds, and its interval.",
           pages::robustness_content(report));
  body.add("measures", "Other measures", "Descriptive: no verdict rests on them.",
           pages::measures_content(report));
  body.add("reproduction", "How to reproduce it", "", pages::reproduction_content(report));
  body.add("trials", "All trials", "", pages::trials_content(report));
  return body.html();
}

}  // namespace

std::string study_page(const Json& report) {
  const Json shown = pages::without_folders(report);
  const std::string title = pages::text_at(shown, "title");
  const Json data = drawn_data(shown);
  return pages::html_page(
      {title.empty() ? "comparison" : title, study_body(shown), data, embedded::kStudyCharts, ""});
}

}  // namespace norma
