#pragma once

#include <string>
#include <vector>

#include "apps/study/guard.h"
#include "apps/study/protocol.h"

namespace norma {

// The plan of a study in words: its runs, the time they will take at the rate measured here, in
// what the arms differ, and the smallest difference that it can find.
std::string plan_text(const Study& study, const Plan& plan, const TrialResults& results,
                      const std::vector<ArmFacts>& facts, double steps_per_second,
                      const std::string& mode);

}  // namespace norma
