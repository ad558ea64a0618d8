// The study's page in a browser: its scripts run, its charts draw, its numbers are the report's.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/pages/study_page.h"
#include "tests/apps/sample_report.h"
#include "tests/catch.h"
#include "tests/pages/browser.h"

namespace norma {
namespace {

std::string chart_named(const std::string& html, const std::string& name) {
  return element(html, "<figure data-chart=\"" + name + "\"", "</figure>");
}
int marks(const std::string& chart) { return occurrences_of(chart, "class=\"mark"); }
int lines(const std::string& chart) { return occurrences_of(chart, "class=\"line"); }

bool holds(const std::vector<double>& numbers, double wanted) {
  return std::find(numbers.begin(), numbers.end(), wanted) != numbers.end();
}

// Every number below `value`.
void collect(const Json& value, std::vector<double>& numbers) {
  if (value.is_number()) numbers.push_back(value.get<double>());
  if (value.is_structured())
    for (const Json& each : value) collect(each, numbers);
}

}  // namespace

TEST_CASE("in a browser every chart of a study draws, and nothing goes wrong", "[apps]") {
  const Json report = sample_report();
  for (const bool dark : {false, true}) {
    const LoadedPage page = load_in_browser(study_page(report), dark);
    INFO((page.messages.empty() ? "" : page.messages[0]));
    CHECK(page.messages.empty());
    const int arms = static_cast<int>(report["arms"].size());
    const int runs = static_cast<int>(report["curves"].size());
    CHECK(occurrences_of(page.html, "<figure data-chart") == 10);
    // Means and seeds on the axis; of the arm that diverges, arrows at its ends.
    CHECK(marks(chart_named(page.html, "ranking")) >= arms + 5 * (arms - 1));
    CHECK(marks(chart_named(page.html, "differences")) >= arms - 1);
    CHECK(lines(chart_named(page.html, "courses")) == runs);
    CHECK(marks(chart_named(page.html, "rates")) == arms * 10);
    CHECK(lines(chart_named(page.html, "rates")) == arms);
    CHECK(occurrences_of(chart_named(page.html, "rates"), "class=\"chosen\"") == arms * 2);
    CHECK(lines(chart_named(page.html, "profile")) == arms);
    CHECK(marks(chart_named(page.html, "costs")) == arms);
    CHECK(marks(chart_named(page.html, "heat_map")) == 24);
    CHECK(marks(chart_named(page.html, "claim")) == 5);
    CHECK(marks(chart_named(page.html, "overlay")) == 3);
    CHECK(lines(chart_named(page.html, "overlay")) == 2);
    CHECK(occurrences_of(page.html, "NaN") == 0);
    CHECK(occurrences_of(page.html, "undefined") == 0);
  }
}

TEST_CASE("the numbers of a study's page are those of its report", "[apps]") {
  const Json report = sample_report();
  const LoadedPage page = load_in_browser(study_page(report));
  const std::vector<double> shown = numbers_of(page.html, "<data value");
  std::vector<double> wanted;
  for (const Json& arm : report["arms"])
    for (const char* key : {"mean", "low", "high", "scores", "sensitivity", "costs", "parameters",
                            "time_to_target_s"})
      collect(arm[key], wanted);
  for (const Json& comparison : report["comparisons"])
    for (const char* key :
         {"difference", "low", "high", "relative", "p_holm", "equivalence_p_holm"})
      collect(comparison[key], wanted);
  for (const Json& trial : report["trials"])
    for (const char* key : {"initial", "metric", "score", "steps"}) collect(trial[key], wanted);
  collect(report["heat_map"]["cells"], wanted);
  for (const Json& entry : report["tuning"])
    for (const Json& point : entry["points"]) collect(point["score"], wanted);
  REQUIRE(wanted.size() > 200);
  for (const double each : wanted) {
    INFO(each);
    CHECK(holds(shown, each));
  }
}

TEST_CASE("a chart puts its marks where their numbers are", "[apps]") {
  const Json report = sample_report();
  const LoadedPage page = load_in_browser(study_page(report));
  const std::string chart = chart_named(page.html, "ranking");
  const std::string value = "data-value=\"", place = "translate(";
  std::vector<std::pair<double, double>> means;  // number, pixels
  for (size_t at = chart.find(value); at != std::string::npos; at = chart.find(value, at + 1)) {
    const double x = std::stod(chart.substr(chart.find(place, at) + place.size()));
    means.emplace_back(std::stod(chart.substr(at + value.size())), x);
  }
  REQUIRE(means.size() == 5);  // all but the one beyond the axis
  for (const Json& arm : report["arms"])
    if (arm["divergence"]["count"] == 0)
      CHECK(std::any_of(means.begin(), means.end(),
                        [&](const auto& each) { return each.first == arm["mean"].get<double>(); }));
  const auto [first, first_x] = means.front();
  const auto [last, last_x] = means.back();
  REQUIRE(last > first);
  CHECK(last_x > first_x + 50);
  for (const auto& [mean, x] : means)
    CHECK(std::abs(x - (first_x + (mean - first) / (last - first) * (last_x - first_x))) < 0.01);
}

TEST_CASE("what a report names cannot run in a browser", "[apps]") {
  Json report = sample_report();
  const std::string hostile = "</script><script>document.title='taken'</script><b onclick=\"x\">";
  for (Json& arm : report["arms"]) arm["name"] = hostile + arm["name"].get<std::string>();
  for (Json& curve : report["curves"]) curve["arm"] = hostile + curve["arm"].get<std::string>();
  report["title"] = hostile;
  const LoadedPage page = load_in_browser(study_page(report));
  CHECK(page.messages.empty());
  CHECK(page.html.find("<title>taken") == std::string::npos);
  CHECK(lines(chart_named(page.html, "courses")) == static_cast<int>(report["curves"].size()));
  CHECK(page.html.find("<b onclick") == std::string::npos);
}

TEST_CASE("charts answer to keyboard, pointer and their switches", "[apps]") {
  // The page's policy would refuse this script: without it, and with the script in its place.
  const Json report = sample_report();
  std::string page = study_page(report);
  const size_t policy = page.find("<meta http-equiv");
  page.erase(policy, page.find(">", page.find("form-action")) + 1 - policy);
  page.insert(page.find("</body>"), R"(<script>
    const chart = name => document.querySelector(`figure[data-chart=${name}]`);
    const tip = name => chart(name).querySelector(".tip").textContent;
    const press = (name, key) => chart(name).querySelector(".cursor")
      .dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    const button = (name, text) => [...chart(name).querySelectorAll("button")].find(b => b.textContent.trim() === text);
    const lines = name => chart(name).querySelectorAll(".line").length;
    const said = [];
    chart("ranking").querySelector(".cursor").focus();
    said.push(tip("ranking"));
    press("ranking", "ArrowRight");
    said.push(tip("ranking"));
    press("ranking", "ArrowDown");
    said.push(tip("ranking"));
    press("ranking", "End");
    said.push(tip("ranking"));
    press("ranking", "Escape");
    said.push(chart("ranking").querySelector(".tip").style.display);
    const svg = chart("heat_map").querySelector("svg:last-of-type"), cell = svg.querySelector(".mark").getBoundingClientRect();
    svg.dispatchEvent(new PointerEvent("pointermove", {clientX: cell.x + cell.width / 2, clientY: cell.y + cell.height / 2}));
    said.push(tip("heat_map").split("\n").join("; "));
    said.push(lines("courses"));
    button("courses", "group_norm").click();
    said.push(lines("courses"), button("courses", "group_norm").getAttribute("aria-pressed"));
    const before = chart("courses").querySelector(".line").getAttribute("d").length;
    button("courses", "training").click();
    said.push(button("courses", "validation").getAttribute("aria-pressed"),
      chart("courses").querySelector(".line").getAttribute("d").length > before);
    for (const arm of ["batch_norm_32", "batch_norm_16", "batch_norm_8", "batch_norm_4", "batch_norm_2"]) button("courses", arm).click();
    said.push(lines("courses"));
    const list = document.createElement("ol");
    list.id = "said";
    for (const each of said) list.append(Object.assign(document.createElement("li"), {textContent: each}));
    document.querySelector("main").prepend(list);
  </script>)");
  const LoadedPage loaded = load_in_browser(page);
  INFO((loaded.messages.empty() ? "" : loaded.messages[0]));
  CHECK(loaded.messages.empty());
  const std::string said = element(loaded.html, "<ol id=\"said\">", "</ol>");
  // Down goes to the next arm's point that lies nearest.
  const double from = report["arms"][0]["scores"][1].get<double>();
  size_t nearest = 0;
  for (size_t i = 1; i < 5; ++i) {
    const auto away = [&](size_t at) {
      return std::abs(report["arms"][1]["scores"][at].get<double>() - from);
    };
    if (away(i) < away(nearest)) nearest = i;
  }
  const std::string expected =
      "<ol id=\"said\"><li>batch_norm_32, seed 11: 0.091495</li><li>batch_norm_32, seed 12: "
      "0.090079</li><li>batch_norm_16, seed " +
      std::to_string(11 + nearest) + ": ";
  CHECK(said.substr(0, expected.size()) == expected);
  CHECK_THAT(said,
             Catch::Matchers::ContainsSubstring(
                 "</li><li>none</li><li>optim.lr: 0.01; model.norm.ghost: 2; 0.15</li><li>30</li>"
                 "<li>25</li><li>false</li><li>false</li><li>true</li><li>0</li></ol>"));
}

TEST_CASE("the browser does report what goes wrong", "[apps]") {
  CHECK(load_in_browser("<html><script>nothing.there();</script></html>").messages.size() == 1);
  // A script that the page did not come with: the policy names those that may run.
  std::string page = study_page(sample_report());
  page.insert(page.find("</body>"), "<script>document.title='taken'</script>");
  const LoadedPage refused = load_in_browser(page);
  CHECK_FALSE(refused.messages.empty());
  CHECK(refused.html.find("<title>taken") == std::string::npos);
  std::string fetching = study_page(sample_report());
  fetching.insert(fetching.find("</main>"), "<img src=\"https://example.org/x.png\">");
  CHECK_FALSE(load_in_browser(fetching).messages.empty());
}

TEST_CASE("in a browser a report with little in it draws what it has", "[apps]") {
  const Json whole = sample_report();
  const Json arms_alone{{"arms", whole["arms"]}};
  const LoadedPage first = load_in_browser(study_page(arms_alone));
  CHECK(first.messages.empty());
  CHECK(marks(chart_named(first.html, "ranking")) > 0);
  Json without_arms = whole;
  without_arms.erase("arms");
  without_arms.erase("metric");
  CHECK(load_in_browser(study_page(without_arms)).messages.empty());
  Json points = whole;  // fewer than three seeds: no means of intervals, no comparison
  for (Json& arm : points["arms"])
    for (const char* key : {"low", "high", "rank", "costs"}) arm[key] = nullptr;
  for (Json& each : points["comparisons"])
    for (const char* key : {"difference", "low", "high", "relative", "margin"}) each[key] = nullptr;
  const LoadedPage page = load_in_browser(study_page(points));
  CHECK(page.messages.empty());
  CHECK(marks(chart_named(page.html, "ranking")) > 0);
  CHECK(chart_named(page.html, "differences").empty());
}

TEST_CASE("in a browser a learning curve of one point is a mark, behind curves of more", "[apps]") {
  Json report = sample_report();
  for (Json& curve : report["curves"]) curve["validation"] = {{300, 0.5}};
  const LoadedPage both = load_in_browser(study_page(report));
  const int runs = static_cast<int>(report["curves"].size());
  CHECK(lines(chart_named(both.html, "courses")) == runs);
  CHECK(marks(chart_named(both.html, "courses")) == 0);  // training is shown first
  for (Json& curve : report["curves"]) curve["training"] = Json::array();
  const LoadedPage points = load_in_browser(study_page(report));
  CHECK(points.messages.empty());
  CHECK(marks(chart_named(points.html, "courses")) == runs);
}

TEST_CASE("in a browser charts of diverged arms alone show their values", "[apps]") {
  Json report = sample_report();
  for (Json& arm : report["arms"]) arm["endings"] = Json(5, "diverged");
  for (Json& each : report["comparisons"]) {
    each["difference"] = -7.5;
    each["low"] = -9;
    each["high"] = -6;
  }
  const LoadedPage page = load_in_browser(study_page(report));
  CHECK(page.messages.empty());
  CHECK(occurrences_of(chart_named(page.html, "differences"), "data-value=\"-7.5\"") == 5);
}

TEST_CASE("in a browser a diverged arm just above the others stays within the plot", "[apps]") {
  Json report = sample_report();
  for (Json& arm : report["arms"])
    if (arm["name"] == "batch_norm_2") arm["mean"] = 0.105;  // the others end at 0.103 and more
  const std::string chart = chart_named(load_in_browser(study_page(report)).html, "costs");
  const std::string place = "translate(";
  int marks_seen = 0;
  for (size_t at = chart.find("class=\"mark"); at != std::string::npos;
       at = chart.find("class=\"mark", at + 1), ++marks_seen) {
    const size_t comma = chart.find(',', chart.find(place, at));
    CHECK(std::stod(chart.substr(comma + 1)) > 26 + 4);  // the plot begins at 26
  }
  CHECK(marks_seen == 6);
}

}  // namespace norma
