#include <memory>
#include <nlohmann/json.hpp>

#include "apps/bench/families.h"
#include "apps/bench/forward_backward.h"
#include "core/config/config.h"
#include "optim/clip.h"
#include "optim/optimizer.h"

namespace norma {
namespace {

// Of a parameter: scale, decay, update; of each of its moments: two multiply-adds, and one for its
// part in the update.
constexpr double kFlopsOfParameter = 5, kFlopsOfMoment = 5;

// Parameters with gradients.
std::shared_ptr<ParamSet> parameters(int64_t count) {
  const auto params = std::make_shared<ParamSet>(DType::kFloat32, 1);
  Scope(*params).param("weight", {count}, ParamKind::kWeight, Init::normal(1));
  params->materialize();
  params->grads().copy_from(params->values());
  return params;
}

// With momentum, as it is used, where that is an option.
Spec with_moments(const std::string& type) {
  Json options = *make_spec(Json(type), optimizer_registry(), type).options;
  if (options.contains("momentum")) options["momentum"] = 0.9;
  return make_spec(options, optimizer_registry(), type);
}

Work step_work(const std::string& type, int64_t count) {
  const auto params = parameters(count);
  const std::shared_ptr<Optimizer> optimizer = make_optimizer(with_moments(type), *params);
  const double bytes = static_cast<double>(params->values().bytes());
  const double moments = static_cast<double>(optimizer->state().size());
  return {.run = [=] { optimizer->step(*params, {.lr = 1e-6}); },
          .bytes = (3 + 2 * moments) * bytes,
          .flops = (kFlopsOfParameter + kFlopsOfMoment * moments) * static_cast<double>(count),
          .working_set = (2 + moments) * bytes,
          .traffic = Traffic::kInPlace};
}

Work gradient_norm_work(int64_t count) {
  const auto params = parameters(count);
  const double bytes = static_cast<double>(params->grads().bytes());
  return {.run = [=] { grad_norm(*params, 1); },
          .bytes = bytes,
          .flops = 2 * static_cast<double>(count),
          .working_set = bytes,
          .traffic = Traffic::kReads};
}

}  // namespace

std::vector<BenchCase> optimizer_cases() {
  std::vector<BenchCase> cases;
  for (const int64_t millions : {1, 4}) {
    const int64_t count = millions * 1'000'000;
    const std::string size = "/" + std::to_string(millions) + "M";
    for (const Entry* entry : optimizer_registry().entries())
      cases.push_back({.name = "optimizer/" + entry->type + size,
                       .make = [=, type = entry->type] { return step_work(type, count); }});
    cases.push_back(
        {.name = "optimizer/grad_norm" + size, .make = [=] { return gradient_norm_work(count); }});
  }
  return cases;
}

}  // namespace norma
