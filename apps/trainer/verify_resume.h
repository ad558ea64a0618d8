#pragma once

#include <string>

#include "apps/trainer/run_config.h"

namespace norma {

// Proves on this machine that an interrupted training ends like an uninterrupted one: trains
// `steps` steps in one go, then again with a stop, a checkpoint on disk and a fresh start in the
// middle, and compares weights, buffers, optimizer state and losses bit for bit. Returns a sentence
// that says what was compared; throws Failure naming the first difference.
std::string verify_resume(const RunConfig& config, int64_t steps);

}  // namespace norma
