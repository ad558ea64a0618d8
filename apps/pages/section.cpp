#include "apps/pages/section.h"

#include "apps/common/html.h"
#include "apps/pages/page.h"

namespace norma::pages {

void Body::add(std::string_view id, std::string_view title, std::string_view intro,
               const std::string& content) {
  if (content.empty()) return;
  contents_.emplace_back(id, title);
  sections_ += "<section aria-labelledby=\"" + std::string(id) + "\">\n<h2 id=\"" +
               std::string(id) + "\">" + html_escaped(title) + "</h2>\n" +
               (intro.empty() ? "" : paragraph(intro)) + content + "</section>\n";
}

std::string Body::html() const {
  std::string nav = "<nav aria-label=\"Contents\">\n";
  for (const auto& [id, title] : contents_)
    nav += "<a href=\"#" + id + "\">" + html_escaped(title) + "</a>\n";
  return head_ + nav + "</nav>\n" + without_charts() + sections_;
}

std::string chart(std::string_view name, std::string_view label, std::string_view of) {
  if (!draws_charts()) return "";
  std::string html = "<figure data-chart=\"" + html_escaped(name) + "\" aria-label=\"" +
                     html_escaped(label) + "\"";
  if (!of.empty()) html += " data-of=\"" + html_escaped(of) + "\"";
  return html + "></figure>\n";
}

std::string details(std::string_view summary, const std::string& content) {
  return "<details>\n<summary>" + html_escaped(summary) + "</summary>\n" + content + "</details>\n";
}

std::string paragraph(std::string_view text) { return "<p>" + html_escaped(text) + "</p>\n"; }

std::string preformatted(std::string_view text) {
  return "<pre>" + html_escaped(text) + "</pre>\n";
}

std::string bullets(const std::vector<std::string>& texts, std::string_view kind) {
  if (texts.empty()) return "";
  std::string html = "<ul class=\"" + std::string(kind) + "\">\n";
  for (const std::string& text : texts) html += "<li>" + html_escaped(text) + "</li>\n";
  return html + "</ul>\n";
}

}  // namespace norma::pages
