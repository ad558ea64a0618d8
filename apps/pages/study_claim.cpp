// The claim that a study was to test, and its curve beside the published one.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

std::string verdict_kind(const std::string& verdict) {
  return verdict == "pass" || verdict == "fail" ? verdict : "unsure";
}

// The numbers of `settings` by dotted path.
void numbers_within(const Json& settings, const std::string& path,
                    std::vector<std::pair<std::string, double>>& found) {
  if (settings.is_object())
    for (const auto& [key, value] : settings.items())
      numbers_within(value, path.empty() ? key : path + "." + key, found);
  else if (const auto number = as_number(settings))
    found.emplace_back(path, *number);
}

std::optional<double> number_in(const Json& arm, const std::string& path) {
  std::vector<std::pair<std::string, double>> found;
  numbers_within(member(arm, "settings"), "", found);
  for (const auto& [name, value] : found)
    if (name == path) return value;
  return std::nullopt;
}

// The path at which most arms have a number that the published curve has, too.
std::string matching_path(const Json& report, const Json& xs) {
  std::vector<std::pair<std::string, int>> matches;
  for (const Json& arm : members(report, "arms")) {
    std::vector<std::pair<std::string, double>> found;
    numbers_within(member(arm, "settings"), "", found);
    for (const auto& [path, value] : found) {
      if (std::none_of(xs.begin(), xs.end(),
                       [v = value](const Json& x) { return as_number(x) == v; }))
        continue;
      const auto known = std::find_if(matches.begin(), matches.end(),
                                      [&p = path](const auto& each) { return each.first == p; });
      if (known == matches.end())
        matches.emplace_back(path, 1);
      else
        ++known->second;
    }
  }
  const auto best =
      std::max_element(matches.begin(), matches.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == matches.end() || best->second < 2 ? "" : best->first;
}

Json or_null(std::optional<double> number) { return number ? Json(*number) : Json(nullptr); }

std::string claim_x_name(const Json& claim) {
  for (const Json* place : {&claim, &member(claim, "published_curve")})
    if (const std::string name = text_at(*place, "x_name"); !name.empty()) return name;
  return "x";
}

// What stands beside a claim's verdict: the sentences that the study's verdict has not said, or
// else what was claimed.
std::vector<std::string> claim_sentences(const Json& report) {
  const Json& claim = member(report, "claim");
  const std::vector<std::string> said = texts_at(report, "verdict");
  std::vector<std::string> sentences{text_at(claim, "sentence")};
  for (const Json& each : members(claim, "outcomes"))
    sentences.push_back(text_at(each, "sentence"));
  std::erase_if(sentences, [&](const std::string& each) {
    return each.empty() || std::find(said.begin(), said.end(), each) != said.end();
  });
  if (sentences.empty()) sentences.push_back(text_at(claim, "published"));
  return sentences;
}

// The tests of a claim and how each came out; a claim of one test may say it itself.
std::vector<Row> outcome_rows(const Json& claim) {
  const Json single = Json::array({claim});
  const Json& outcomes = members(claim, "outcomes").empty() ? single : member(claim, "outcomes");
  std::vector<Row> rows;
  for (const Json& each : outcomes) {
    const std::string verdict = text_at(each, "verdict");
    const auto low = number_at(each, "low"), high = number_at(each, "high");
    const int decimals = low && high && *high > *low ? decimals_for((*high - *low) / 2) : 4;
    rows.push_back({{long_text(text_at(each, "test")), badge(verdict, verdict_kind(verdict)),
                     figure(number_at(each, "estimate"), decimals), interval(low, high, decimals),
                     word(text_at(each, "threshold"))}});
  }
  return rows;
}

std::string curve_table(const Json& report, const Json& measured) {
  const Json& claim = member(report, "claim");
  const std::string x_name = claim_x_name(claim);
  std::string html;
  const auto add = [&](const std::string& caption, const Json& curve, bool intervals) {
    const Json &xs = members(curve, "x"), &ys = members(curve, "y");
    if (xs.empty()) return;
    const Json &lows = members(curve, "low"), &highs = members(curve, "high");
    std::vector<Row> rows;
    for (size_t i = 0; i < xs.size() && i < ys.size(); ++i) {
      rows.push_back({{row_name(as_text(xs[i])), figure(as_number(ys[i]))}});
      if (intervals && i < lows.size() && i < highs.size()) {
        const auto low = as_number(lows[i]), high = as_number(highs[i]);
        rows.back().cells.push_back(
            interval(low, high, low && high ? decimals_for((*high - *low) / 2) : 3));
      }
    }
    std::vector<Column> columns{{x_name, true}, {"value"}};
    if (intervals) columns.push_back({interval_name(report)});
    html += table(caption, columns, rows);
  };
  add("Measured here", measured, true);
  const std::string name = text_at(member(claim, "published_curve"), "name");
  add(name.empty() ? "Published" : name, member(claim, "published_curve"), false);
  return html.empty() ? "" : details("The numbers of both curves", html);
}

std::string claim_curves(const Json& report, const Json& measured) {
  const Json& claim = member(report, "claim");
  std::string panels;
  const auto add = [&](const char* title, const char* which, const Json& curve) {
    if (members(curve, "x").empty()) return;
    const std::string drawn = chart("claim", title, which);
    if (!drawn.empty()) panels += std::string("<div><h3>") + title + "</h3>\n" + drawn + "</div>\n";
  };
  add("Measured here", "measured", measured);
  add("As published", "published", member(claim, "published_curve"));
  if (!panels.empty())
    panels =
        "<p>Each curve has its own scale: shapes are compared, magnitudes are not.</p>\n"
        "<div class=\"panels\">\n" +
        panels + "</div>\n";
  return panels + curve_table(report, measured);
}

}  // namespace

Json measured_curve(const Json& report) {
  const Json& claim = member(report, "claim");
  if (member(claim, "measured_curve").is_object()) return member(claim, "measured_curve");
  const Json& xs = members(member(claim, "published_curve"), "x");
  const std::string path = matching_path(report, xs);
  if (path.empty()) return nullptr;
  std::vector<std::pair<double, const Json*>> points;
  Json references = Json::array();
  for (const Json& arm : members(report, "arms")) {
    if (const auto x = number_in(arm, path))
      points.emplace_back(*x, &arm);
    else if (const auto mean = number_at(arm, "mean"))
      references.push_back({{"name", text_at(arm, "name")}, {"y", *mean}});
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Json curve{{"x", Json::array()},
             {"y", Json::array()},
             {"low", Json::array()},
             {"high", Json::array()},
             {"diverged", Json::array()}};
  for (const auto& [x, arm] : points) {
    curve["x"].push_back(x);
    curve["y"].push_back(or_null(number_at(*arm, "mean")));
    curve["low"].push_back(or_null(number_at(*arm, "low")));
    curve["high"].push_back(or_null(number_at(*arm, "high")));
    curve["diverged"].push_back(troubled_runs(*arm) > 0);
  }
  curve["references"] = references;
  return curve;
}

std::string claim_content(const Json& report) {
  const Json& claim = member(report, "claim");
  if (!claim.is_object()) return "";
  const std::string verdict = text_at(claim, "verdict");
  std::string html = "<div class=\"verdict " + verdict_kind(verdict) + "\">\n";
  std::string badge_before =
      "<span class=\"badge\">" + html_escaped(verdict.empty() ? "not run" : verdict) + "</span> ";
  for (const std::string& sentence : claim_sentences(report)) {
    html += "<p>" + badge_before + html_escaped(sentence) + "</p>\n";
    badge_before.clear();
  }
  html += "</div>\n";
  std::vector<Row> rows;
  for (const auto& [name, key] :
       {std::pair{"claim", "number"}, {"source", "citation"}, {"published", "published"}})
    if (const std::string text = text_at(claim, key); !text.empty())
      rows.push_back({{row_name(name), long_text(text)}});
  html += table("What was claimed", {{"", true}, {"", true}}, rows);
  html +=
      table("How it was tested",
            {{"test", true}, {"verdict", true}, {"estimate"}, {"interval"}, {"threshold", true}},
            outcome_rows(claim));
  return html + claim_curves(report, measured_curve(report));
}

}  // namespace norma::pages
