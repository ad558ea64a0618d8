#include "core/io/checkpoint_names.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace norma::io {

namespace fs = std::filesystem;

namespace {
constexpr std::string_view kPrefix = "step_";
constexpr size_t kStepDigits = 8;  // so that a listing by name is a listing by step
}  // namespace

std::string step_name(int64_t step) {
  std::string digits = std::to_string(step);
  if (digits.size() < kStepDigits) digits.insert(0, kStepDigits - digits.size(), '0');
  return std::string(kPrefix) + digits;
}

std::optional<int64_t> step_of_name(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const std::string_view digits = name.substr(kPrefix.size());
  int64_t step = -1;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), step);
  // Only the form that step_name() writes: step_7 or step_00000007x are somebody else's folders.
  if (result.ec != std::errc() || step < 0 || step_name(step) != name) return std::nullopt;
  return step;
}

bool is_plain(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !name.empty() && name.find_first_not_of(kAllowed) == name.npos;
}

std::vector<int64_t> steps_in(const fs::path& root) {
  std::vector<int64_t> steps;
  if (!fs::is_directory(root)) return steps;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (const auto step = step_of_name(entry.path().filename().string())) steps.push_back(*step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

int64_t step_of_state(const std::string& state_json, const std::string& place) {
  const auto state = nlohmann::json::parse(state_json, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object()) throw Error(place + "is not a JSON object");
  const auto step = state.find("step");
  const int64_t value =
      step != state.end() && step->is_number_integer() ? step->get<int64_t>() : -1;
  if (value < 0) throw Error(place + "has no \"step\", a whole number from 0 on");
  return value;
}

}  // namespace norma::io
