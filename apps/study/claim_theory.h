#pragma once

#include "apps/study/claim_test.h"
#include "apps/study/report_data.h"

namespace norma {

// Judges a `theory` test: the readings of the arms that it picks against what the theory predicts
// of each. The estimate is the deviation of the mean readings (apps/gauges/theory.h) at the worst
// block of all arms, and the test passes where the interval of the deviation lies within the
// tolerance, fails where it lies beyond.
//
// The interval comes from those of the expectations, by block. Its upper end holds at the study's
// confidence as it is: the block that truly is the worst lies in its own interval. Its lower end is
// the largest of many, each of which chance may carry beyond, so those are taken at a confidence
// that is shared between the blocks (Bonferroni).
ClaimOutcome judge_theory(const Study& study, const std::vector<ArmRuns>& runs,
                          const ClaimTest& test);

// What a theory says of an arm before anything is trained.
Prediction prediction_of(const Study& study, const std::string& theory, const std::string& arm);

}  // namespace norma
