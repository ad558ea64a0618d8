#pragma once

#include "apps/compare/session.h"

namespace norma {

// Holds a study against an earlier run of it: prints what became of each arm's quality and, where
// the earlier build is at hand, of its time and memory. Returns whether nothing got worse.
bool hold_against(const Study& study, const SessionResult& result, const SessionOptions& options);

}  // namespace norma
