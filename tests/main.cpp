#define CATCH_CONFIG_RUNNER  // version 2: this file holds Catch2's implementation
#include "tests/catch.h"
#include "tests/paths.h"

namespace norma {

std::filesystem::path source_dir() { return NORMA_SOURCE_DIR; }
std::filesystem::path bin_dir() { return NORMA_BIN_DIR; }

}  // namespace norma

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
