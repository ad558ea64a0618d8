#pragma once

#include "apps/compare/session.h"

namespace norma {

// Throws Error where the earlier run or its build, as the options name them, are none to be
// compared with: before the study runs, not after.
void check_earlier(const Study& study, const SessionOptions& options);

// Holds a study against an earlier run of it: prints what became of each arm's quality and, where
// the earlier build is at hand, of its time and memory. Returns whether nothing got worse.
bool hold_against(const Study& study, const SessionResult& result, const SessionOptions& options);

}  // namespace norma
