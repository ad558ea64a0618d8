#pragma once

#include <filesystem>
#include <vector>

#include "core/config/json.h"

namespace norma {

// The run folders as run_page() takes them, named by their last part; where several share that, by
// a number behind it. A last line of metrics that was cut off, as of a run that is still going, is
// left out. Throws one Error that names everything wrong with all of them.
Json read_run_folders(const std::vector<std::filesystem::path>& folders);

}  // namespace norma
