#pragma once

#include <string>

#include "apps/bench/results.h"

namespace norma {

// The results as one HTML page that needs nothing else: the roofline, where the build found the
// library that draws it, and the table behind it.
std::string as_html(const Results& results);

// Files that became part of the program when it was built (embed.cmake).
namespace embedded {
extern const char* const kBenchBody;   // page.html
extern const char* const kBenchStyle;  // page.css
extern const char* const kRoofline;    // roofline.js
}  // namespace embedded

}  // namespace norma
