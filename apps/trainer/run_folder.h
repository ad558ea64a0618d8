#pragma once

#include <filesystem>

#include "apps/trainer/run_config.h"

namespace norma {

// The weights of a finished run; of one that is still going or was stopped, those of its newest
// checkpoint. Throws Error where there are none yet.
std::filesystem::path weights_of(const std::filesystem::path& run);

// The config of a run folder, read as strictly as any. Throws Error where the folder is none.
RunConfig config_of(const std::filesystem::path& run);

}  // namespace norma
