#include "apps/study/claim.h"

#include <algorithm>

namespace norma {

const char* name_of(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::kPass:
      return "pass";
    case ClaimVerdict::kFail:
      return "fail";
    case ClaimVerdict::kInconclusive:
      return "inconclusive";
    case ClaimVerdict::kNotRun:
      break;
  }
  return "not run";
}

ClaimVerdict overall(const std::vector<ClaimOutcome>& outcomes) {
  for (const ClaimVerdict verdict : kWorstFirst)
    if (std::any_of(outcomes.begin(), outcomes.end(),
                    [&](const ClaimOutcome& each) { return each.verdict == verdict; }))
      return verdict;
  return ClaimVerdict::kNotRun;  // nothing was judged
}

}  // namespace norma
