#include "apps/pages/run_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/page.h"
#include "apps/pages/probe_page.h"
#include "apps/pages/report_values.h"
#include "apps/pages/run_tables.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"

namespace norma {
namespace {

constexpr size_t kMostPoints = 2000;  // of a series in the page

std::vector<pages::RunShown> runs_shown(const Json& data) {
  std::vector<pages::RunShown> shown;
  for (const Json& run : pages::members(data, "runs"))
    shown.push_back(
        {pages::text_at(run, "name"), run, pages::series_of(pages::members(run, "metrics"))});
  return shown;
}

// accuracy of train/accuracy and val/accuracy, which share a chart.
std::string chart_of(const std::string& name) {
  for (const char* split : {"train/", "val/"})
    if (name.rfind(split, 0) == 0) return name.substr(std::string(split).size());
  return name;
}

bool is_drawn(const std::vector<pages::RunShown>& runs, const std::string& name) {
  if (name == "pool_misses" || name == "peak_bytes") return false;
  return std::any_of(runs.begin(), runs.end(), [&](const pages::RunShown& run) {
    const pages::Series* series = pages::find_series(run.series, name);
    return series && series->points.size() > 1;
  });
}

// What runs.js draws: {"runs": [name, …], "charts": {chart: {series: [points by run, …]}}}.
Json drawn_data(const std::vector<pages::RunShown>& runs, bool& thinned) {
  Json data{{"runs", Json::array()}, {"charts", Json::object()}};
  for (const pages::RunShown& run : runs) data["runs"].push_back(run.name);
  for (const std::string& name : pages::series_names(runs)) {
    if (!is_drawn(runs, name)) continue;
    Json& by_run = data["charts"][chart_of(name)][name];
    by_run = Json::array();
    for (const pages::RunShown& run : runs) {
      Json points = Json::array();
      if (const pages::Series* series = pages::find_series(run.series, name)) {
        thinned = thinned || series->points.size() > kMostPoints;
        for (const auto& point : pages::thinned(series->points, kMostPoints))
          points.push_back({point.step, point.value ? Json(*point.value) : Json(nullptr)});
      }
      by_run.push_back(points);
    }
  }
  return data;
}

// A word of a command line, quoted for a shell where it has to be.
std::string shell_word(const std::string& text) {
  const bool plain = text.find_first_not_of(
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                         "0123456789_-./") == std::string::npos;
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string charts_body(const Json& drawn, bool loss) {
  std::string html;
  for (const auto& [name, series] : drawn.at("charts").items()) {
    if ((name == "loss") != loss) continue;
    const std::string content =
        pages::chart("figure", name + " by step", name) + pages::numbers_of(drawn, name);
    html += loss ? content : "<div><h3>" + html_escaped(name) + "</h3>\n" + content + "</div>\n";
  }
  return loss || html.empty() ? html : "<div class=\"panels\">\n" + html + "</div>\n";
}

std::string reproduction(const std::vector<pages::RunShown>& runs) {
  std::string commands, html;
  for (const pages::RunShown& run : runs) {
    commands += (commands.empty() ? "" : "\n") + std::string("./norma train ") +
                shell_word(run.name + "/config.json") + " --out " + shell_word("again/" + run.name);
    if (const Json& config = pages::member(run.run, "config"); config.is_object())
      html += pages::details("Config of " + run.name, pages::preformatted(format_json(config)));
    if (const std::string card =
            pages::properties("Data card", pages::member(run.run, "data_card"));
        !card.empty())
      html += pages::details("Data card of " + run.name, card);
  }
  return pages::preformatted(commands) + html;
}

std::string run_body(const std::vector<pages::RunShown>& runs, const std::string& title,
                     const std::string& version, const Json& drawn, const Json& records,
                     bool thinned) {
  pages::Body body("<h1>" + html_escaped(title) + "</h1>\n" +
                   (version.empty() ? "" : pages::paragraph("Norma " + version)));
  body.add(
      "loss", "Loss",
      "Training faint, validation strong." +
          std::string(thinned ? " Of long runs, stretches are drawn by their first, lowest and "
                                "highest value."
                              : ""),
      charts_body(drawn, true));
  body.add("final", "Final values", "", pages::final_values(runs));
  body.add("differences", "What the configs differ in", "", pages::config_differences(runs));
  body.add("figures", "Other figures", "", charts_body(drawn, false));
  if (const Json& probed = pages::member(drawn, "probe"); !pages::members(probed, "runs").empty())
    pages::add_probe_sections(records, probed, body);
  body.add("reproduction", "How to reproduce it", "", reproduction(runs));
  return body.html();
}

}  // namespace

std::string run_page(const Json& data) {
  const Json shown = pages::without_folders(data);
  const std::vector<pages::RunShown> runs = runs_shown(shown);
  bool thinned = false;
  Json drawn = drawn_data(runs, thinned);
  const Json& records = pages::members(shown, "runs");
  drawn["probe"] = pages::probe_drawn(records);
  const std::string title = runs.size() == 1 ? runs[0].name : std::to_string(runs.size()) + " runs";
  return pages::html_page(
      {title, run_body(runs, title, pages::text_at(shown, "norma"), drawn, records, thinned), drawn,
       std::string(embedded::kRunCharts) + embedded::kProbeCharts, ""});
}

}  // namespace norma
