#pragma once

#include <string>

#include "core/config/json.h"

namespace norma::pages {

// What one HTML page is made of. It needs nothing else: style, charts and data are in it, and its
// policy forbids the browser to fetch anything or to run any other script.
struct Page {
  std::string title;         // text
  std::string body;          // HTML of <main>
  const Json& data;          // what the scripts draw; in the page as JSON
  std::string script;        // draws the charts of this kind of page
  std::string style = {};    // rules beside those that all pages share
  bool charts = true;        // with D3 and what draws charts by it
  bool webassembly = false;  // its script compiles WebAssembly out of its data
};

std::string html_page(const Page& page);

// Whether this build has the library that draws charts; tables stand alone where it has not.
bool draws_charts();
// The sentence that says so, as HTML; empty where charts are drawn.
std::string without_charts();

// `value` with every absolute path in its texts cut to its last part: pages are passed on, and
// folders name machines and people.
Json without_folders(const Json& value);
std::string without_folders(const std::string& text);

}  // namespace norma::pages

namespace norma::embedded {

// Files that became part of the program when it was built (embed.cmake).
extern const char* const kPage;
extern const char* const kStyle;
extern const char* const kCharts;       // charts.js and charts_*.js
extern const char* const kStudyCharts;  // study.js
extern const char* const kRunCharts;    // runs.js
extern const char* const kProbeCharts;  // probe.js and probe_*.js
extern const char* const kD3;           // d3.min.js; empty where it was not found

}  // namespace norma::embedded
