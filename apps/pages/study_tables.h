#pragma once

#include <string>

#include "core/config/json.h"

namespace norma {

// Every trial of a study's report, a row each: id, arm, phase, seed, what was set (one column a
// path), status, steps, the metric at initialization and at the end, the score, the reason of a
// failure. Comma-separated as RFC 4180 says, numbers with all their digits.
std::string study_csv(const Json& report);

// The ranking as a Markdown table for a README or an issue, under the title, the verdict and the
// budget: rank, mean with its interval, divergence, the comparison with the baseline, cost; of
// successive halving the rungs. Columns without content are left out, and texts that would be
// markup are escaped.
std::string study_markdown(const Json& report);

}  // namespace norma
