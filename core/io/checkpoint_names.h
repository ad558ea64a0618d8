#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How a checkpoint is laid out on the disk: known to its writer and its reader alone.
namespace norma::io {

inline constexpr const char* kChecksums = "SHA256SUMS";  // as `sha256sum` prints them
inline constexpr const char* kState = "state.json";
inline constexpr const char* kBest = "best";  // a file that holds the best one's folder name
inline constexpr std::string_view kTensorFile = ".safetensors";

// step_00001000 for 1000.
std::string step_name(int64_t step);

// 1000 for step_00001000; nothing for any other form of name.
std::optional<int64_t> step_of_name(std::string_view name);

// Whether `name` is made of letters, digits, _ and - alone, and so can name a file anywhere.
bool is_plain(std::string_view name);

// The steps of the checkpoints under `root`, rising. None where there is no such folder.
std::vector<int64_t> steps_in(const std::filesystem::path& root);

// The "step" of a state.json. Throws Error, beginning with `place`, where it has none.
int64_t step_of_state(const std::string& state_json, const std::string& place);

}  // namespace norma::io
