#pragma once

#include <filesystem>
#include <string>

#include "apps/trainer/training.h"

namespace norma {

// Finds out where numbers stopped being finite: replays the step that failed, naming the first
// module whose output, or else whose gradient, was not finite, and the norms of what came before.
// Writes <run>/post_mortem: report.txt, and a run folder in itself whose checkpoint is the state
// before that step, so that `train --resume <run>/post_mortem` walks into the same step again.
// Returns the message for the user.
std::string write_post_mortem(Training& training, const StepReport& report,
                              const std::filesystem::path& run, const std::string& resolved);

}  // namespace norma
