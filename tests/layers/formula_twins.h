#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/config/json.h"

// Norms of layers/norms/ beside the same as text.
namespace norma {

struct FormulaTwin {
  std::string name;
  Json built_in, text;
};

// `groups` divides the channels.
inline std::vector<FormulaTwin> formula_twins(int64_t groups) {
  const auto formula = [](Json options) {
    options["type"] = "formula";
    return options;
  };
  const Json alpha{{"alpha", {{"init", 0.5}, {"per", "scalar"}}}};
  Json alpha_and_shift = alpha;
  alpha_and_shift["shift"] = {{"init", 0}, {"per", "scalar"}};
  return {
      {"layer norm", {{"type", "layer_norm"}}, formula(Json::object())},
      {"rms norm",
       {{"type", "rms_norm"}},
       formula(
           {{"stat", "rsqrt(ms + eps)"}, {"map", "x * r * w"}, {"constants", {{"eps", 1e-6}}}})},
      {"dyt",
       {{"type", "dyt"}},
       formula({{"domain", "none"}, {"map", "tanh(alpha * x) * w + b"}, {"params", alpha}})},
      {"derf",
       {{"type", "derf"}},
       formula({{"domain", "none"},
                {"map", "erf(alpha * x + shift) * w + b"},
                {"params", alpha_and_shift}})},
      {"frn",
       {{"type", "frn"}},
       formula({{"domain", "sample_channel"},
                {"stat", "rsqrt(ms + eps)"},
                {"map", "max(x * r * w + b, tau)"},
                {"params", {{"tau", {{"init", 0}}}}},
                {"constants", {{"eps", 1e-6}}}})},
      {"batch norm", {{"type", "batch_norm"}}, formula({{"domain", "channel"}})},
      {"group norm",
       {{"type", "group_norm"}, {"groups", groups}},
       formula({{"domain", "group"}, {"groups", groups}})},
      {"instance norm",
       {{"type", "instance_norm"}, {"affine", true}},
       formula({{"domain", "sample_channel"},
                {"stat", {{"sigma", "sqrt(v + eps)"}}},
                {"map", "(x - m) / sigma * w + b"}})},
  };
}

}  // namespace norma
