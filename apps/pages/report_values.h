#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/json.h"

namespace norma::pages {

// Reading report data, of which any part may be missing: absent and null are the same.

// The member, or a null value.
const Json& member(const Json& object, const char* key);
// Its elements; none where it is neither list nor object.
const Json& members(const Json& object, const char* key);
std::optional<double> number_at(const Json& object, const char* key);
std::optional<double> as_number(const Json& value);
// Its text; JSON where it is something else, empty where it is missing.
std::string text_at(const Json& object, const char* key);
std::string as_text(const Json& value);
bool flag_at(const Json& object, const char* key);
std::vector<std::string> texts_at(const Json& object, const char* key);

// The keys of the objects that the member `key` of each element is, in the order they first occur.
std::vector<std::string> keys_within(const Json& list, const char* key);

// The arm of a report by its name; a null value where there is none.
const Json& arm_of(const Json& report, const std::string& name);
// "model.norm" of {"model.norm": {"type": "rms_norm"}, …} as people read it: name=value, ….
std::string settings_text(const Json& settings);
// Decimals by which the report's scores are told apart.
int score_decimals(const Json& report);
// "95 % interval", at the report's confidence.
std::string interval_name(const Json& report);
// What a report says of its tuning budget, unless its verdict says so, too.
std::string budget_text(const Json& report);
// Whether the report is of readings, which are neither better nor worse.
bool is_of_readings(const Json& report);
// Whether something went wrong with a run that ended so.
bool is_trouble(const std::string& ending);
// How many runs of an arm count with their value at initialization.
int troubled_runs(const Json& arm);
// Those that did not diverge: ", 1 no better, 2 failed"; empty without.
std::string other_troubles(const Json& arm);
// "1–3", "2"; empty without one.
std::string rank_text(const Json& arm);
// The arms from the best mean to the worst, those without one last; readings as the study has them.
std::vector<const Json*> ranked_arms(const Json& report);
// The comparison of that arm with the baseline; a null value where there is none.
const Json& comparison_of(const Json& report, const std::string& arm);

}  // namespace norma::pages
