// Optimizers, clipping and schedules against PyTorch's numbers.

#include "core/config/config.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "tests/catch.h"
#include "tests/golden.h"

namespace norma {
namespace {

ParamKind kind_named(const std::string& name) {
  for (const ParamKind kind : {ParamKind::kWeight, ParamKind::kEmbedding, ParamKind::kGain,
                               ParamKind::kBias, ParamKind::kScalar})
    if (name == name_of(kind)) return kind;
  throw Failure("no kind of parameter is called " + name);
}

// A parameter set holding the tensors called `prefix` + name.
std::unique_ptr<ParamSet> params_of(const GoldenCase& golden, const std::string& prefix) {
  auto set = std::make_unique<ParamSet>(DType::kFloat64, 1);
  for (const auto& [name, tensor] : golden.inputs) {
    if (!name.starts_with(prefix)) continue;
    const std::string own = name.substr(prefix.size());
    const ParamKind kind = golden.about.contains("kinds")
                               ? kind_named(golden.about["kinds"].at(own).get<std::string>())
                               : ParamKind::kWeight;
    set->add(own, tensor.shape(), kind, Init::constant(0));
  }
  set->materialize();
  return set;
}

}  // namespace

TEST_CASE("optimizers take PyTorch's steps", "[optim]") {
  const std::vector<GoldenCase> cases = golden_cases("optimizer");
  REQUIRE(cases.size() > 5);
  for (const GoldenCase& golden : cases) {
    const auto params = params_of(golden, "param.");
    for (Param& param : params->params())
      param.value.copy_from(golden.inputs.at("param." + param.name));
    const Spec spec = make_spec(golden.about.at("spec"), optimizer_registry(), golden.name);
    const auto optimizer = make_optimizer(spec, *params);
    for (int64_t step = 1; step <= golden.about.at("steps").get<int64_t>(); ++step) {
      for (Param& param : params->params())
        param.grad.copy_from(golden.inputs.at("grad." + std::to_string(step) + "." + param.name));
      optimizer->step(*params, {.lr = base_lr(spec), .grad_scale = 1});
      for (const Param& param : params->params()) {
        INFO(golden.name << ", step " << step << ", " << param.name);
        const Tensor& expected = golden.expected.at(std::to_string(step) + "." + param.name);
        CHECK(relative_difference(param.value, expected) <= 1e-12);
      }
    }
  }
}

TEST_CASE("clipping by the global norm is PyTorch's", "[optim]") {
  const std::vector<GoldenCase> cases = golden_cases("clip");
  REQUIRE(cases.size() > 1);
  for (const GoldenCase& golden : cases) {
    INFO(golden.name);
    const auto params = params_of(golden, "grad.");
    for (Param& param : params->params())
      param.grad.copy_from(golden.inputs.at("grad." + param.name));
    const double norm = grad_norm(*params, 1);
    CHECK(norm == Approx(golden.expected.at("norm").item()).epsilon(1e-14));
    const auto clip = make_clip(make_spec(golden.about.at("spec"), clip_registry(), golden.name));
    const double factor = clip->apply(*params, 1, norm).factor;
    for (const Param& param : params->params()) {
      const std::vector<double> grad = param.grad.to_vector();
      const std::vector<double> expected = golden.expected.at("grad." + param.name).to_vector();
      for (size_t i = 0; i < grad.size(); ++i)
        CHECK(grad[i] * factor == Approx(expected[i]).epsilon(1e-12));
    }
  }
}

TEST_CASE("schedules follow their formulas", "[optim]") {
  const std::vector<GoldenCase> cases = golden_cases("schedule");
  REQUIRE(cases.size() > 2);
  for (const GoldenCase& golden : cases) {
    const auto schedule =
        make_schedule(make_spec(golden.about.at("spec"), schedule_registry(), golden.name));
    const int64_t steps = golden.about.at("steps").get<int64_t>();
    const double lr = golden.about.at("lr").get<double>();
    const std::vector<double> expected = golden.expected.at("lr").to_vector();
    for (int64_t step = 1; step <= steps; ++step) {
      INFO(golden.name << ", step " << step);
      CHECK(lr * schedule->factor(step, steps) ==
            Approx(expected[static_cast<size_t>(step - 1)]).epsilon(1e-12).margin(1e-15));
    }
  }
}

}  // namespace norma
