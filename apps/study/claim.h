#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/statistics/interval.h"
#include "apps/study/claim_overlay.h"
#include "apps/study/study.h"

namespace norma {

struct ArmRuns;

enum class ClaimVerdict { kPass, kFail, kInconclusive, kNotRun };
inline constexpr ClaimVerdict kWorstFirst[] = {ClaimVerdict::kFail, ClaimVerdict::kNotRun,
                                               ClaimVerdict::kInconclusive, ClaimVerdict::kPass};
const char* name_of(ClaimVerdict verdict);  // pass, fail, inconclusive, not run

// How one test of a claim came out.
struct ClaimOutcome {
  std::string test;  // "slope of init/… over model.layers where model.placement is pre"
  ClaimVerdict verdict = ClaimVerdict::kNotRun;
  std::optional<double> estimate;
  std::optional<Interval> interval;
  std::string threshold;  // "within −0.65 to −0.35"
  std::string sentence;
  std::vector<Overlay> overlays;  // what was predicted: of a theory by arm, of a slope one
};

// The "claim" of a study:
//   {"number": 7, "citation": …, "published": …, "tier": "evening", "tests": [{…}, …],
//    "published_curve": {"name": …, "x_name": …, "x": […], "y": […]}}
// and its tests, all of which must pass:
//   {"type": "equivalent", "arm": a, "to": b, "margin": 0.01}      t-TOST at a share of b's mean
//   {"type": "greater", "arm": a, "than": b, "by": 0}              one-sided t of pairs
//   {"type": "trend", "over": path, "sign": -1, "where": {…}}      slopes of the seeds, one-sided t
//   {"type": "slope", "over": path, "log": true, "low": l, "high": h, "where": {…}}
//                                  "assumes": a theory whose assumptions the prediction shares
//   {"type": "theory", "theory": name, "tolerance": 0.05, "where": {…}}
//                                  readings by depth between the bounds that a theory predicts
// Each has an interval: pass where it lies inside what is wanted, fail where it lies outside, else
// inconclusive. Where runs diverged the interval is open on the side to which they would have moved
// it, had they not been cut to their value at initialization; where results are missing, or a
// theory does not apply, the test is not run.

// Adds a fault for everything that a claim's tests ask and the study cannot answer: names of arms,
// axes, their values and theories; theories about another metric; lines over less than two numbers.
void check_claim(Findings& findings, const Study& study);

// Judges every test on the runs of the verdict.
std::vector<ClaimOutcome> judge_claim(const Study& study, const std::vector<ArmRuns>& runs);

// The claim as a whole: fail where a test fails, pass where all pass; not run without tests.
ClaimVerdict overall(const std::vector<ClaimOutcome>& outcomes);

}  // namespace norma
