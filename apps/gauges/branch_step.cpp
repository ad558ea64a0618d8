#include "apps/gauges/branch_step.h"

#include <cmath>

namespace norma {

bool in_branch(const Param& param) {
  return param.name.starts_with("blocks.") && param.kind == ParamKind::kWeight;
}

Direction branch_step(LossSurface& surface) {
  constexpr double kShare = 1e-3;
  Direction step;
  surface.gradient({}, step);
  double weights = 0;
  size_t begin = 0;
  for (const Param& param : surface.training().params().params()) {
    const auto count = static_cast<size_t>(param.numel());
    if (in_branch(param))
      weights += std::pow(length(param.value.to_vector()), 2);
    else
      for (size_t i = begin; i < begin + count; ++i) step[i] = 0;
    begin += count;
  }
  const double gradient = length(step);
  if (gradient == 0) throw Error("no gradient reaches a matrix of a block's branch (blocks.…)");
  for (double& each : step) each *= -kShare * std::sqrt(weights) / gradient;
  return step;
}

std::span<const double> part_of(const Direction& direction, ParamSet& params, const Param& param) {
  size_t begin = 0;
  for (const Param& each : params.params()) {
    const auto count = static_cast<size_t>(each.numel());
    if (&each == &param) return std::span(direction).subspan(begin, count);
    begin += count;
  }
  return {};
}

}  // namespace norma
