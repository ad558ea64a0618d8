#pragma once

#include <string>

#include "core/config/json.h"

namespace norma {

// The report of a study as one HTML page: verdict in words, ranking, comparisons, learning curves,
// how the arms were tuned, time, cost, robustness, and what reproduces it. What the report does not
// hold is left out, and every table stands with or without its chart. All texts of the report are
// users' and become no markup.
std::string study_page(const Json& report);

}  // namespace norma
