#pragma once

#include <string>

#include "apps/compare/session.h"

namespace norma {

// Runs the claims in configs/claims/ (those of one tier, where it is given) one after another and
// prints a table: what was published, what was found, the verdict and the hours. Exit code 0 also
// where a claim fails: that is a finding.
int run_claims(const SessionOptions& options, const std::string& tier);

}  // namespace norma
