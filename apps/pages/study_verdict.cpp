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

}  // namespace

std::string study_head(const Json& report) {
  const std::string title = text_at(report, "title"), budget = budget_text(report);
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
  std::vector<std::string> notes = texts_at(report, "notes");
  if (member(report, "complete") == false)
    notes.insert(notes.begin(), "The study is not complete: this is what is known so far.");
  return html + bullets(notes, "notes");
}

}  // namespace norma::pages
