#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/json.h"
#include "tests/catch.h"

namespace norma {

// A section of tests/golden/statistics.json, which statistics_cases.py beside it writes.
const Json& statistics_golden(const std::string& section);

std::vector<double> golden_numbers(const Json& list);
std::vector<std::vector<double>> golden_lists(const Json& lists);

// Equal but for what two ways of rounding may differ by, also where a difference of means has lost
// two or three digits.
inline Approx close_to(double expected) { return Approx(expected).epsilon(1e-10); }
inline Approx close_to(const Json& expected) { return close_to(expected.get<double>()); }

}  // namespace norma
