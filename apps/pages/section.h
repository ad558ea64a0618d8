#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace norma::pages {

// The body of a page, put together section by section; a section without content is left out.
class Body {
 public:
  // What stands above the contents: HTML.
  explicit Body(std::string head) : head_(std::move(head)) {}

  // `id` is a name of ours; `intro` says in a sentence or two how to read what follows (text);
  // `content` is HTML.
  void add(std::string_view id, std::string_view title, std::string_view intro,
           const std::string& content);
  std::string html() const;

 private:
  std::string head_, sections_;
  std::vector<std::pair<std::string, std::string>> contents_;  // id, title
};

// The place of the chart `name` of the page's script, named for screen readers by `label`; `of` is
// handed to the script where it draws several. Empty where no charts can be drawn.
std::string chart(std::string_view name, std::string_view label, std::string_view of = "");
std::string details(std::string_view summary, const std::string& content);
std::string paragraph(std::string_view text);
std::string preformatted(std::string_view text);
// Short texts one below the other.
std::string bullets(const std::vector<std::string>& texts, std::string_view kind);

}  // namespace norma::pages
