#pragma once

#include <vector>

#include "apps/bench/stopwatch.h"

namespace norma {

// What memory can do at most with arrays of so many bytes in all, by McCalpin's STREAM: copy
// (a = b) and triad (a = b + s·c), on all worker threads. Bytes count what is read and what is
// written once each.
std::vector<BenchCase> bandwidth_cases(double working_set);

// The largest bandwidth (GB/s) of those roofs that have this working set.
double bandwidth_roof(const std::vector<BenchCase>& roofs, const std::vector<Timing>& timings,
                      double working_set);

}  // namespace norma
