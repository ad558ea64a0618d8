#pragma once

#include <string>
#include <string_view>

namespace norma::lessons {

// All lessons with their pictures, their answers and the playground as one HTML page that needs
// nothing else. `more_script` runs behind the page's own.
std::string lessons_page(std::string_view more_script = "");

}  // namespace norma::lessons

namespace norma::embedded {

// Files that became part of the program when it was built (embed.cmake).
extern const char* const kLessonsScript;  // lessons.js
extern const char* const kLessonsStyle;   // lessons.css
extern const char* const kKatex;          // katex.min.js; empty where it was not found
extern const char* const kKatexStyle;     // its style with its fonts

}  // namespace norma::embedded
