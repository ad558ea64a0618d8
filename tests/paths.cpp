#include "tests/paths.h"

namespace norma {

std::filesystem::path source_dir() { return NORMA_SOURCE_DIR; }
std::filesystem::path bin_dir() { return NORMA_BIN_DIR; }
std::filesystem::path chromium() { return NORMA_CHROMIUM; }

}  // namespace norma
