// How the arms got where they are: learning curves, tuning, time to the target, two axes.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/common/html.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

constexpr size_t kMostSteps = 16;  // columns of the table behind the learning curves

// The steps at which anything was validated, thinned evenly, first and last among them.
std::vector<double> shown_steps(const Json& curves) {
  std::set<double> all;
  for (const Json& curve : curves)
    for (const Json& point : members(curve, "validation"))
      if (point.is_array() && point.size() == 2)
        if (const auto step = as_number(point[0])) all.insert(*step);
  const std::vector<double> sorted(all.begin(), all.end());
  if (sorted.size() <= kMostSteps) return sorted;
  std::vector<double> some;
  for (size_t i = 0; i < kMostSteps; ++i)
    some.push_back(sorted[i * (sorted.size() - 1) / (kMostSteps - 1)]);
  return some;
}

std::optional<double> value_at(const Json& points, double step) {
  for (const Json& point : points)
    if (point.is_array() && point.size() == 2 && as_number(point[0]) == step)
      return as_number(point[1]);
  return std::nullopt;
}

std::string tuned_table(const Json& report) {
  std::vector<Row> rows;
  bool tuned_any = false, sensitive = false;
  for (const Json& arm : members(report, "arms")) {
    const std::string state = text_at(arm, "tuning"), tuned = settings_text(member(arm, "tuned"));
    if (state.empty() && tuned.empty()) continue;
    const auto sensitivity = number_at(arm, "sensitivity");
    tuned_any = tuned_any || !tuned.empty();
    sensitive = sensitive || sensitivity;
    rows.push_back({{row_name(text_at(arm, "name")), word(tuned.empty() ? "nothing" : tuned),
                     state.rfind("not tuned", 0) == 0 ? badge(state, "unsure") : word(state),
                     figure(sensitivity)}});
  }
  if (rows.empty()) return "";
  if (!tuned_any) return paragraph("Nothing was tuned: every arm ran with its config as it is.");
  std::string html =
      table("What was tuned and what was not",
            {{"arm", true}, {"chosen", true}, {"state", true}, {"sensitivity"}}, rows);
  if (sensitive)
    html += paragraph(
        "Sensitivity: the mean score over the grid that all arms began with above the best of it, "
        "diverged trials counted at their initial score.");
  return html;
}

std::string points_table(const Json& report, const std::string& path) {
  std::vector<Row> rows;
  const int decimals = score_decimals(report) + 1;
  for (const Json& entry : members(report, "tuning")) {
    if (text_at(entry, "path") != path) continue;
    const auto chosen = number_at(entry, "chosen");
    for (const Json& point : members(entry, "points")) {
      const std::string ending = text_at(point, "ending");
      const bool is_chosen = chosen && number_at(point, "x") == chosen;
      rows.push_back(
          {{row_name(text_at(entry, "arm")), figure(number_at(point, "x")),
            word(text_at(point, "seed")), figure(number_at(point, "score"), decimals),
            whole(number_at(point, "rung")),
            is_trouble(ending) ? badge(ending, "fail") : word(is_chosen ? "chosen" : "")}});
    }
  }
  if (rows.empty()) return "";
  return details(
      "The numbers of this chart",
      table(path, {{"arm", true}, {path}, {"seed", true}, {"score"}, {"steps"}, {"", true}}, rows));
}

std::string profile_table(const Json& profile) {
  std::vector<Row> rows;
  for (const Json& arm : members(profile, "arms")) {
    const Json &tau = members(arm, "tau"), &share = members(arm, "share");
    for (size_t i = 0; i < tau.size() && i < share.size(); ++i)
      rows.push_back({{row_name(text_at(arm, "arm")), figure(as_number(tau[i])),
                       figure(as_number(share[i]), 2)}});
  }
  if (rows.empty()) return "";
  return details("The numbers of this chart",
                 table("From each multiple of the fastest time on",
                       {{"arm", true}, {"multiple"}, {"share of seeds"}}, rows));
}

}  // namespace

std::string curves_content(const Json& report) {
  const Json& curves = members(report, "curves");
  const bool any = std::any_of(curves.begin(), curves.end(), [](const Json& curve) {
    return !members(curve, "validation").empty() || !members(curve, "training").empty();
  });
  if (!any) return "";
  const std::vector<double> steps = shown_steps(curves);
  std::vector<std::string> names;
  for (const double step : steps) names.push_back("step " + rounded(step));
  std::vector<Column> columns{{"arm", true}, {"seed", true}};
  for (const std::string& name : names) columns.push_back({name});
  std::vector<Row> rows;
  const int decimals = score_decimals(report) + 1;
  for (const Json& curve : curves) {
    const std::string ending = text_at(curve, "ending");
    Row row{{row_name(text_at(curve, "arm") + (is_trouble(ending) ? " (" + ending + ")" : "")),
             word(text_at(curve, "seed"))}};
    for (const double step : steps)
      row.cells.push_back(figure(value_at(members(curve, "validation"), step), decimals));
    rows.push_back(row);
  }
  const std::string chart_of = chart("courses", "Learning curves of every seed");
  if (steps.empty()) return chart_of;
  const std::string tuned_on = text_at(member(report, "metric"), "tuned_on");
  return chart_of +
         details("The numbers of this chart",
                 table((tuned_on.empty() ? "Validation" : tuned_on) + " by step", columns, rows));
}

std::string tuning_content(const Json& report) {
  std::vector<std::string> paths;  // at which anything was tried
  for (const Json& entry : members(report, "tuning")) {
    const std::string path = text_at(entry, "path");
    if (!members(entry, "points").empty() &&
        std::find(paths.begin(), paths.end(), path) == paths.end())
      paths.push_back(path);
  }
  std::string html;
  if (!paths.empty())
    html += paragraph(std::string(flag_at(report, "exploratory")
                                      ? "Lines join the scores of a rung."
                                      : "Values were chosen on tuning seeds alone, which take no "
                                        "part in the verdict. A ring marks the chosen value.") +
                      " A cross marks a trial that diverged, or ended no better than at "
                      "initialization.");
  for (const std::string& path : paths) {
    if (paths.size() > 1) html += "<h3>" + html_escaped(path) + "</h3>\n";
    html += chart("rates", "Score against " + path, path) + points_table(report, path);
  }
  return is_of_readings(report) && paths.empty() ? "" : html + tuned_table(report);
}

std::string time_content(const Json& report) {
  const Json& profile = member(report, "profile");
  std::vector<Row> rows;
  bool any = profile.is_object();
  for (const Json& arm : members(report, "arms")) {
    const Json& steps = members(arm, "steps_to_target");
    const auto seconds = number_at(arm, "time_to_target_s");
    any = any || seconds || std::any_of(steps.begin(), steps.end(), [](const Json& each) {
            return each.is_number();
          });
    const auto reached = std::count_if(steps.begin(), steps.end(),
                                       [](const Json& each) { return each.is_number(); });
    std::string each_seed = reached == 0 && !steps.empty() ? "not reached" : "";
    for (const Json& step : steps)
      if (reached > 0)
        each_seed += (each_seed.empty() ? "" : ", ") +
                     (as_number(step) ? rounded(*as_number(step)) : std::string("not reached"));
    any = any || seconds || reached > 0;
    rows.push_back({{row_name(text_at(arm, "name")), figure(seconds), word(each_seed)}});
  }
  if (!any) return "";
  std::string html;
  if (profile.is_object())
    html += chart("profile", "Share of seeds that reached the target by time");
  const auto target = number_at(profile, "target");
  html += table(target ? "Target " + rounded(*target) : "Time to the target",
                {{"arm", true}, {"seconds"}, {"steps, each seed", true}}, rows);
  return html + profile_table(profile);
}

std::string heat_map_content(const Json& report) {
  const Json& map = member(report, "heat_map");
  const Json &xs = members(member(map, "x"), "values"), &ys = members(member(map, "y"), "values"),
             &cells = members(map, "cells");
  if (xs.empty() || ys.empty() || cells.empty()) return "";
  const std::string x_path = text_at(member(map, "x"), "path"),
                    y_path = text_at(member(map, "y"), "path");
  std::vector<std::string> names{y_path + " \\ " + x_path};
  for (const Json& x : xs) names.push_back(as_text(x));
  std::vector<Column> columns;
  for (const std::string& name : names) columns.push_back({name, columns.empty()});
  std::vector<Row> rows;
  const int decimals = score_decimals(report);
  for (size_t j = 0; j < ys.size() && j < cells.size(); ++j) {
    Row row{{row_name(as_text(ys[j]))}};
    for (const Json& cell : cells[j]) row.cells.push_back(figure(as_number(cell), decimals));
    rows.push_back(row);
  }
  return chart("heat_map", "Mean score for " + x_path + " and " + y_path) +
         details("The numbers of this chart", table("Mean score", columns, rows));
}

}  // namespace norma::pages
