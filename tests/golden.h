#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/json.h"
#include "core/tensor.h"
#include "core/tensor_compare.h"

namespace norma {

// One case of tests/golden: what to compute, its inputs, and PyTorch's results in float64.
struct GoldenCase {
  std::string name;
  Json about;  // kind, spec, mode …
  std::map<std::string, Tensor> inputs;
  std::map<std::string, Tensor> expected;  // without the "expect." in front
};

// All cases of a kind ("layer", "optimizer", "clip", "schedule"), by name.
std::vector<GoldenCase> golden_cases(const std::string& kind);

}  // namespace norma
