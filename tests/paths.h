#pragma once

#include <filesystem>

namespace norma {

// The root of the source tree the tests were built from.
std::filesystem::path source_dir();

// The folder of the programs built with the tests: bin_dir() / "train".
std::filesystem::path bin_dir();

// The Chromium that was found when the build was configured; empty where none was.
std::filesystem::path chromium();

}  // namespace norma
