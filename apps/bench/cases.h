#pragma once

#include <string>
#include <vector>

#include "apps/bench/bench_case.h"

namespace norma {

// All families, in the order in which they are printed.
std::vector<BenchCase> all_cases();

// The cases whose name contains one of the filters; without filters, all but the large ones. Throws
// an Error, with the names nearest to it, for a filter that matches nothing.
std::vector<BenchCase> chosen_cases(const std::vector<std::string>& filters);

// Whether a case of this name would be among them.
bool is_chosen(const std::string& name, const std::vector<std::string>& filters);

}  // namespace norma
