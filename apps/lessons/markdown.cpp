#include "apps/lessons/markdown.h"

#include <md4c-html.h>

#include <array>
#include <stdexcept>

namespace norma::lessons {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Every `attribute`="…" with what `address` makes of its value.
void readdress(std::string& html, std::string_view attribute,
               const std::function<std::string(std::string_view)>& address) {
  for (size_t at = html.find(attribute); at != std::string::npos; at = html.find(attribute, at)) {
    at += attribute.size();
    const size_t end = html.find('"', at);
    const std::string to = address(std::string_view(html).substr(at, end - at));
    html.replace(at, end - at, to);
    at += to.size();
  }
}

}  // namespace

std::string html_of_markdown(std::string_view markdown,
                             const std::function<std::string(std::string_view)>& address) {
  std::string html;
  const auto append = [](const MD_CHAR* text, MD_SIZE size, void* to) {
    static_cast<std::string*>(to)->append(text, size);
  };
  if (md_html(markdown.data(), static_cast<MD_SIZE>(markdown.size()), append, &html,
              MD_FLAG_TABLES | MD_FLAG_LATEXMATHSPANS, 0) != 0)
    throw std::runtime_error("a text could not be read as Markdown");
  for (const auto& [from, to] :
       std::array<std::pair<std::string_view, std::string_view>, 6>{{{"<h3>", "<h4>"},
                                                                     {"</h3>", "</h4>"},
                                                                     {"<h2>", "<h3>"},
                                                                     {"</h2>", "</h3>"},
                                                                     {"<h1>", "<h2>"},
                                                                     {"</h1>", "</h2>"}}})
    replace_all(html, from, to);
  readdress(html, "<a href=\"", address);
  readdress(html, "<img src=\"", address);
  return html;
}

}  // namespace norma::lessons
