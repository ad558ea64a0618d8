#pragma once

#include <nlohmann/json.hpp>

#include "apps/classroom/derivative_check.h"
#include "core/config/config.h"
#include "tests/specimen.h"

namespace norma::classroom {

// A norm on random numbers of that shape, with parameters off their initial values.
inline NormRequest random_request(const Json& spec, const Shape& shape, bool training = true) {
  NormRequest request;
  request.spec = make_spec(spec, norm_registry(), "the test");
  request.training = training;
  request.steps_before = training ? 0 : 3;
  request.in["input"] =
      Tensor::from(normal_numbers("input", shape.numel()), shape, DType::kFloat64);
  request.in["grad_output"] =
      Tensor::from(normal_numbers("output", shape.numel()), shape, DType::kFloat64);
  ParamSet set(DType::kFloat64, 1);
  const std::unique_ptr<Norm> norm = make_norm(Scope(set), request.spec, shape.back());
  set.materialize();
  randomize(set);
  for (const Param& param : set.params()) request.in["param." + param.name] = param.value.clone();
  return request;
}

// Every registered norm, with options that four channels allow.
inline std::vector<Json> all_norms() {
  std::vector<Json> specs;
  for (const Entry* entry : norm_registry().entries()) {
    Json spec{{"type", entry->type}};
    for (const OptionHelp& option : options_help(*entry))
      if (option.name == "groups") spec["groups"] = 2;
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace norma::classroom
