#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/json.h"
#include "core/tensor.h"

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

// max|a − b|; infinite in the same cases.
double largest_difference(const Tensor& a, const Tensor& reference);
// The largest finite magnitude.
double largest_magnitude(const Tensor& tensor);
// max|a − b| / max|b|; infinite where the shapes' element counts differ or exactly one is not
// finite.
double relative_difference(const Tensor& a, const Tensor& reference);

}  // namespace norma
