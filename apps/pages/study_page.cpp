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

// The title says no more than there is: no ranks of readings, nor before a study is complete.
void add_ranking(pages::Body& body, const Json& report) {
  const bool ranked = !pages::keys_within(pages::members(report, "arms"), "rank").empty();
  std::string intro =
      "The mean of each arm over its fresh seeds with its interval; every seed a faint point, one "
      "that diverged or ended no better than at initialization a cross.";
  if (pages::is_of_readings(report))
    intro = "The mean of each arm over its seeds with its interval; every seed a faint point.";
  else if (ranked)
    intro +=
        " Ranks are the places that the arm may hold, by the comparisons with the baseline and by "
        "those among the other arms: two families, each adjusted by Holm's method.";
  body.add("ranking", ranked ? "Ranking" : "Means", intro, pages::ranking_content(report));
}

std::string study_body(const Json& report) {
  pages::Body body(pages::study_head(report));
  body.add("claim", "The claim", "", pages::claim_content(report));
  body.add(
      "overlays", "Predicted and measured",
      "Points are means over seeds with their intervals, dashed lines what the theory predicts: "
      "one line for a value, two for bounds.",
      pages::overlays_content(report));
  body.add("rungs", "Rungs",
           "Each contender by its score at every rung it reached; the better share of a rung went "
           "on to the next.",
           pages::rungs_content(report));
  add_ranking(body, report);
  body.add("comparisons", "Against the baseline",
           "Differences from the baseline with their intervals; below 0 is better. Within the grey "
           "band a difference is too small to matter.",
           pages::comparison_content(report));
  body.add("fairness", "Fairness", "", pages::fairness_content(report));
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
           "The arms' models under other conditions: the mean over the seeds that trained, and its "
           "interval.",
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
