#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/config/json.h"

// The parts of the pages of probes: of the records of one run (objects, in the order of steps) what
// the charts draw, and of all runs drawn the HTML of a section.
namespace norma::pages {

// Null for what is no finite number, which is how JSON knows it.
Json number_or_null(const Json& value);

// The finite numbers of a line of a record: "param_norm", and of a gauge that has several
// "rotation angle".
std::vector<std::pair<std::string, double>> numbers_in(const Json& line);

// {"parameters" or "parts": {gauge: {name or path: [number by step]}}}, parts being joins,
// attentions and norms; null where a step has no such number. Empty for fewer than two records.
Json courses_of(const Json& records);
// The kind of each parameter by its name.
Json kinds_of(const Json& record);
// The number that the gauge rotation says its angle follows; null without one.
Json rotation_follows(const Json& records);
std::string courses_content(const Json& drawn, const char* of);

// What norms do to the gradient: {path, type, of_weight, projection, gauge: [by step]} each, in the
// order of the forward.
Json norms_of(const Json& records);
std::string norms_content(const Json& drawn);
std::string slopes_content(const Json& drawn);

// What each record has seen of the loss around the weights; null where it did not look.
Json landscapes_of(const Json& records);
std::string landscape_content(const Json& drawn);

}  // namespace norma::pages
