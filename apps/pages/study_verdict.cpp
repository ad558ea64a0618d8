// What a study found, in words, and the claim it was to test.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"
#include "apps/pages/table.h"

namespace norma::pages {
namespace {

std::string origin(const Json& report) {
  std::string text;
  for (const char* key : {"date", "norma"}) {
    const std::string part = text_at(report, key);
    if (part.empty()) continue;
    text += (text.empty() ? "" : " · ") + std::string(key == std::string("norma") ? "Norma " : "") +
            part;
  }
  return text;
}

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

std::string curve_table(const Json& claim, const Json& measured) {
  std::string x_name = text_at(claim, "x_name"), html;
  if (x_name.empty()) x_name = "x";
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
    if (intervals) columns.push_back({"95 % interval"});
    html += table(caption, columns, rows);
  };
  add("Measured here", measured, true);
  const std::string name = text_at(member(claim, "published_curve"), "name");
  add(name.empty() ? "Published" : name, member(claim, "published_curve"), false);
  return html.empty() ? "" : details("The numbers of both curves", html);
}

std::string claim_curves(const Json& claim, const Json& measured) {
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
  return panels + curve_table(claim, measured);
}

}  // namespace

std::string study_head(const Json& report) {
  const std::string title = text_at(report, "title"), budget = text_at(report, "budget");
  std::string html = "<h1>" + html_escaped(title.empty() ? "Comparison" : title) + "</h1>\n";
  if (const std::string from = origin(report); !from.empty()) html += paragraph(from);
  const std::vector<std::string> sentences = texts_at(report, "verdict");
  if (!sentences.empty() || !budget.empty()) {
    const bool exploratory = flag_at(report, "exploratory");
    html += std::string("<div class=\"verdict") + (exploratory ? " unsure" : "") +
            "\">\n<h2 id=\"verdict\">" +
            (exploratory ? "Exploratory: no verdict <span class=\"badge\">exploratory</span>"
                         : "Verdict") +
            "</h2>\n";
    for (const std::string& sentence : sentences) html += paragraph(sentence);
    if (!budget.empty()) html += "<p class=\"budget\">" + html_escaped(budget) + "</p>\n";
    html += "</div>\n";
  }
  return html + bullets(texts_at(report, "notes"), "notes");
}

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
    curve["diverged"].push_back(number_at(member(*arm, "divergence"), "count").value_or(0) > 0);
  }
  curve["references"] = references;
  return curve;
}

std::string claim_content(const Json& report) {
  const Json& claim = member(report, "claim");
  if (!claim.is_object()) return "";
  const std::string verdict = text_at(claim, "verdict"), kind = verdict_kind(verdict);
  std::string html = "<div class=\"verdict " + kind + "\">\n";
  if (!verdict.empty())
    html += "<p><span class=\"badge\">" + html_escaped(verdict) + "</span> " +
            html_escaped(text_at(claim, "sentence")) + "</p>\n";
  html += "</div>\n";
  std::vector<Row> rows;
  const auto add = [&](const char* name, Cell cell) {
    rows.push_back({{row_name(name), std::move(cell)}, "fact"});
  };
  for (const auto& [name, key] : {std::pair{"claim", "number"},
                                  {"source", "citation"},
                                  {"published", "published"},
                                  {"test", "test"}})
    if (const std::string text = text_at(claim, key); !text.empty()) add(name, long_text(text));
  if (const auto estimate = number_at(claim, "estimate")) {
    const auto low = number_at(claim, "low"), high = number_at(claim, "high");
    const int decimals = low && high && *high > *low ? decimals_for((*high - *low) / 2) : 4;
    add("estimate", figure(estimate, decimals));
    add("95 % interval", interval(low, high, decimals));
  }
  html += table("What was claimed, and how it was tested", {{"", true}, {"", true}}, rows);
  return html + claim_curves(claim, measured_curve(report));
}

}  // namespace norma::pages
