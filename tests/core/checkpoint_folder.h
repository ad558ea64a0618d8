#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/core/checkpoint_content.h"
#include "tests/core/file_bytes.h"

// What tests do with a folder of checkpoints.
namespace norma {

// Text, because the test framework cannot print paths.
inline std::string name_of(const std::optional<std::filesystem::path>& checkpoint) {
  return checkpoint ? checkpoint->filename().string() : "none";
}

inline void save(io::CheckpointFolder& folder, int64_t step, int attempt = 0) {
  const SomeState state(step, attempt);  // the content borrows its numbers
  folder.save(state.content());
}

// The steps that are there, in order; fails if anything else is.
inline std::vector<int64_t> steps_of(const std::filesystem::path& root) {
  std::vector<int64_t> steps;
  for (const std::string& name : names_in(root)) {
    if (name == "best") continue;
    REQUIRE(name.rfind("step_", 0) == 0);
    REQUIRE(name.size() == 13);
    steps.push_back(std::stoll(name.substr(5)));
  }
  return steps;
}

}  // namespace norma
