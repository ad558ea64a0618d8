#pragma once

#include <string>
#include <vector>

#include "apps/pages/run_series.h"

namespace norma::pages {

// A run as its page shows it.
struct RunShown {
  std::string name;
  const Json& run;
  std::vector<Series> series;
};

// The names of all series, in the order in which they first occur.
std::vector<std::string> series_names(const std::vector<RunShown>& runs);

// Tables with a column a run: the last value of each figure; the options in which configs differ
// (empty for a single run).
std::string final_values(const std::vector<RunShown>& runs);
std::string config_differences(const std::vector<RunShown>& runs);

// The table behind the chart of that name in what runs.js draws: every series at steps spread
// evenly over it, first and last among them.
std::string numbers_of(const Json& drawn, const std::string& chart);

}  // namespace norma::pages
