#pragma once

#include <string>

#include "core/config/json.h"

namespace norma::pages {

// The parts of a study's page as HTML; empty where the report has nothing for them.

std::string study_head(const Json& report);  // title, verdict, notes
std::string claim_content(const Json& report);
std::string overlays_content(const Json& report);

std::string rungs_content(const Json& report);
std::string ranking_content(const Json& report);
std::string comparison_content(const Json& report);
std::string fairness_content(const Json& report);

std::string curves_content(const Json& report);
std::string tuning_content(const Json& report);
std::string time_content(const Json& report);
std::string cost_content(const Json& report);
std::string heat_map_content(const Json& report);
std::string robustness_content(const Json& report);
std::string measures_content(const Json& report);

std::string reproduction_content(const Json& report);  // command, configs, data card
std::string trials_content(const Json& report);

// What a claim's published curve is compared with: the mean of each arm at the number that sets it
// apart, a number of its settings that occurs in the published curve. {x, y, low, high, diverged,
// references: [{name, y}]}, references being the arms without such a number; null where fewer than
// two have one. A report's own claim.measured_curve comes first.
Json measured_curve(const Json& report);

// A table of texts and numbers of any JSON object, nested ones with dotted names.
std::string properties(std::string_view caption, const Json& object);

}  // namespace norma::pages
