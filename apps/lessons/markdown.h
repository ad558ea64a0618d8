#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace norma::lessons {

// Markdown (CommonMark with GitHub's tables and formulas between dollars) as HTML; headings come
// out one level lower, as the page around has one of its own. Formulas are <x-equation>, with
// type="display" where they stand alone: TeX as text. `address` says what becomes of the address of
// a link or picture. Throws std::runtime_error where the library gives up.
std::string html_of_markdown(std::string_view markdown,
                             const std::function<std::string(std::string_view)>& address);

}  // namespace norma::lessons
