// What a study found, in words.
#include <nlohmann/json.hpp>

#include "apps/common/html.h"
#include "apps/pages/report_values.h"
#include "apps/pages/section.h"
#include "apps/pages/study_sections.h"

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

// HTML; empty where there is a verdict.
std::string why_no_verdict(const Json& report) {
  if (flag_at(report, "exploratory"))
    return "Exploratory: no verdict <span class=\"badge\">exploratory</span>";
  if (member(report, "complete") == false)
    return "Not complete: no verdict yet <span class=\"badge\">not complete</span>";
  return "";
}

// Readings are neither better nor worse: without a claim there is nothing to judge.
std::string heading(const Json& report) {
  return is_of_readings(report) && !member(report, "claim").is_object() ? "Readings" : "Verdict";
}

}  // namespace

std::string study_head(const Json& report) {
  const std::string title = text_at(report, "title"), budget = budget_text(report);
  std::string html = "<h1>" + html_escaped(title.empty() ? "Comparison" : title) + "</h1>\n";
  if (const std::string from = origin(report); !from.empty()) html += paragraph(from);
  const std::vector<std::string> sentences = texts_at(report, "verdict");
  if (!sentences.empty() || !budget.empty()) {
    const std::string missing = why_no_verdict(report);
    html += std::string("<div class=\"verdict") + (missing.empty() ? "" : " unsure") +
            "\">\n<h2 id=\"verdict\">" + (missing.empty() ? heading(report) : missing) + "</h2>\n";
    for (const std::string& sentence : sentences) html += paragraph(sentence);
    if (!budget.empty()) html += "<p class=\"budget\">" + html_escaped(budget) + "</p>\n";
    html += "</div>\n";
  }
  return html + bullets(texts_at(report, "notes"), "notes");
}

}  // namespace norma::pages
