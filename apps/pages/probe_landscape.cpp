// The loss around the weights.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/probe_parts.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

// How the loss was looked at, or why it was not: of a run's last look.
std::string view_text(const std::string& run, const Json& seen) {
  const std::string mode = text_at(seen, "mode");
  if (const std::string why = text_at(seen, "refused"); !why.empty()) return run + ": " + why;
  std::string text =
      run + ": " + mode + " mode (" +
      (mode == "eval" ? "running statistics, no dropout" : "batch statistics and dropout") +
      "), the mean loss over " + text_at(seen, "targets") + " targets";
  const Json& curvature = member(seen, "curvature");
  if (curvature.is_object() && !flag_at(curvature, "converged"))
    text += "; the search for eigenvalues did not converge";
  return text;
}

bool has(const Json& run, const char* part) {
  return std::ranges::any_of(members(run, "landscape"),
                             [&](const Json& seen) { return member(seen, part).is_object(); });
}

bool any_has(const Json& runs, const char* part) {
  return std::ranges::any_of(runs, [&](const Json& run) { return has(run, part); });
}

// The last record of a run that looked; null where none did.
const Json& last_look(const Json& run) {
  const Json& looks = members(run, "landscape");
  for (auto look = looks.rbegin(); look != looks.rend(); ++look)
    if (look->is_object()) return *look;
  return member(run, "landscape");
}

std::string planes(const Json& drawn) {
  const Json& runs = members(drawn, "runs");
  std::string html;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!has(runs[i], "plane")) continue;
    const std::string name = text_at(runs[i], "name");
    html += "<div><h3>A plane of two random directions" +
            (runs.size() > 1 ? ", " + html_escaped(name) : "") + "</h3>\n" +
            chart("landscape_plane", "loss over a plane around the weights of " + name,
                  std::to_string(i)) +
            "</div>\n";
  }
  return html.empty() ? "" : "<div class=\"panels\">\n" + html + "</div>\n";
}

// The numbers of every run's last look.
std::string landscape_table(const Json& drawn) {
  std::vector<Row> rows;
  for (const Json& run : members(drawn, "runs")) {
    const Json &seen = last_look(run), &walk = member(seen, "walk"),
               &curvature = member(seen, "curvature");
    if (!seen.is_object()) continue;
    const Json &values = members(curvature, "eigenvalues"),
               &residuals = members(curvature, "residuals");
    const auto first = [](const Json& list) {
      return list.empty() ? std::optional<double>() : as_number(list[0]);
    };
    rows.push_back(
        {{row_name(text_at(run, "name")), whole(number_at(seen, "step")),
          figure(number_at(seen, "loss")), figure(number_at(walk, "gradient_norm")),
          figure(number_at(walk, "predictiveness")), figure(number_at(walk, "effective_beta")),
          figure(first(values)), figure(first(residuals))}});
  }
  return table("Loss landscape",
               {{"run", true},
                {"step"},
                {"loss"},
                {"‖gradient‖"},
                {"gradient predictiveness"},
                {"effective β-smoothness"},
                {"largest eigenvalue"},
                {"residual"}},
               rows);
}

bool several_looks(const Json& run) {
  return std::ranges::count_if(members(run, "landscape"),
                               [](const Json& seen) { return seen.contains("loss"); }) > 1;
}

}  // namespace

Json landscapes_of(const Json& records) {
  Json looks = Json::array();
  for (const Json& record : records) looks.push_back(member(record, "landscape"));
  return looks;
}

std::string landscape_content(const Json& drawn) {
  std::vector<std::string> views;
  const Json& runs = members(drawn, "runs");
  for (const Json& run : runs)
    if (const Json& seen = last_look(run); seen.is_object())
      views.push_back(view_text(text_at(run, "name"), seen));
  if (views.empty()) return "";
  std::string html = bullets(views, "notes");
  if (any_has(runs, "walk"))
    html +=
        "<h3>Along the gradient</h3>\n" +
        paragraph("From the weights θ to θ − ηg. Dashed: the loss if the gradient did not turn.") +
        chart("landscape_walk", "loss along the gradient");
  if (any_has(runs, "line"))
    html += "<h3>Along a random direction</h3>\n" +
            paragraph("A step of 1 moves each filter (row of a weight) by its own length.") +
            chart("landscape_line", "loss along a random direction");
  html += planes(drawn);
  if (std::ranges::any_of(runs, several_looks))
    html += "<h3>Over steps</h3>\n" + chart("landscape_course", "landscape over steps");
  return html + landscape_table(drawn);
}

}  // namespace norma::pages
