#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/classroom/engine.h"
#include "apps/classroom/norm_run.h"
#include "core/config/config.h"
#include "core/rng.h"

namespace norma::classroom {
namespace {

// Numbers like any others, from the sine alone, which every C library rounds nearly alike.
std::vector<double> numbers(size_t count, double seed) {
  std::vector<double> made(count);
  for (size_t i = 0; i < count; ++i)
    made[i] = 0.3 + 1.7 * std::sin(12.9898 * static_cast<double>(i + 1) + seed);
  return made;
}

double weighted_sum(const std::vector<double>& values) {
  const std::vector<double> weights = numbers(values.size(), 0.5);
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) sum += weights[i] * values[i];
  return sum;
}

// Two samples of 2 positions and 64 channels, which every norm takes with its default options.
Json sums_of(const Spec& spec, bool training) {
  const Shape shape{2, 2, 64};
  const auto count = static_cast<size_t>(shape.numel());
  NormRequest request;
  request.spec = spec;
  request.training = training;
  request.steps_before = 2;
  request.in["input"] = Tensor::from(numbers(count, 1), shape, DType::kFloat64);
  request.in["grad_output"] = Tensor::from(numbers(count, 2), shape, DType::kFloat64);
  Json sums = Json::object();
  try {
    const NormRun run = run_watched(request);
    for (const auto& [name, tensor] : run.out) sums[name] = weighted_sum(tensor.to_vector());
    sums["direct"] = weighted_sum(run.terms.direct);
    sums["along_one"] = weighted_sum(run.terms.along_one);
    sums["along_u"] = weighted_sum(run.terms.along_u);
  } catch (const Error& error) {
    sums["error"] = error.what();
  }
  return sums;
}

}  // namespace

std::string fingerprint() {
  // Read again: C++ libraries write the same numbers differently.
  const std::string list = parse_json(list_norms(), "the list of norms").dump();
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016" PRIx64, stable_hash(list));
  Json norms = Json::object();
  for (const Entry* entry : norm_registry().entries()) {
    const Spec spec = with_defaults(*entry);
    if (!spec) continue;
    norms[entry->type] = {{"train", sums_of(spec, true)}, {"eval", sums_of(spec, false)}};
  }
  return format_json(Json{{"list", hash}, {"norms", norms}}) + "\n";
}

}  // namespace norma::classroom
