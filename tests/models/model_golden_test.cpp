// Whole models against independent PyTorch code: outputs and the gradient of every parameter.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/layer_run.h"
#include "models/model.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/table.h"

namespace norma {
namespace {

ModelInput input_of(const Json& offers) {
  const auto number = [&](const char* name) { return offers.value(name, int64_t{0}); };
  return {.vocab = number("vocab"),
          .height = number("height"),
          .width = number("width"),
          .channels = number("channels"),
          .outputs = number("outputs")};
}

NamedTensors run_model_case(const GoldenCase& golden, DType dtype) {
  const Spec spec = make_spec(golden.about.at("spec"), model_registry(), golden.name);
  const ModelInput input = input_of(golden.about.at("input"));
  return run_module(
      [&](const Scope& scope, const LayerInput&) { return make_model(scope, spec, input); },
      golden.inputs, {.dtype = dtype, .training = golden.about.at("mode") == "train"});
}

}  // namespace

TEST_CASE("models give the reference's numbers in float64", "[models][table]") {
  Table table("worst of float64 against the golden numbers of models");
  const std::vector<GoldenCase> cases = golden_cases("model");
  REQUIRE(cases.size() >= 10);
  for (const GoldenCase& golden : cases) {
    const std::string type = golden.about.at("spec").at("type");
    table.count(type, "cases");
    const NamedTensors out = run_model_case(golden, DType::kFloat64);
    size_t compared = 0;
    for (const auto& [name, expected] : golden.expected) {
      INFO(golden.name << ", " << name);
      REQUIRE(out.contains(name));
      // The gradient of two weights of fixed mean and length is zero but for rounding noise.
      const double largest = largest_magnitude(expected);
      const double bound = largest < 1e-10 ? 1e-10 : 1e-9 * largest;
      CHECK(largest_difference(out.at(name), expected) <= bound);
      if (largest >= 1e-10)
        table.worst(type, "distance", relative_difference(out.at(name), expected));
      ++compared;
    }
    for (const auto& [name, found] : out) {
      INFO(golden.name << ", " << name);
      CHECK(golden.expected.contains(name));
    }
    CHECK(compared == out.size());
  }
}

TEST_CASE("models give the reference's numbers in float32 to its precision", "[models][table]") {
  Table table("worst of float32 against the golden numbers of models");
  for (const GoldenCase& golden : golden_cases("model")) {
    const std::string type = golden.about.at("spec").at("type");
    table.count(type, "cases");
    const NamedTensors out = run_model_case(golden, DType::kFloat32);
    // A gradient of a single number is a sum over everything that may cancel: the measure is the
    // largest gradient of the model.
    double largest = 0;
    for (const auto& [name, expected] : golden.expected)
      if (name != "output") largest = std::max(largest, largest_magnitude(expected));
    for (const auto& [name, expected] : golden.expected) {
      INFO(golden.name << ", " << name);
      const double scale = name == "output" ? largest_magnitude(expected) : largest;
      CHECK(largest_difference(out.at(name), expected) <= 1e-5 * scale);
      table.worst(type, "distance", largest_difference(out.at(name), expected) / scale);
    }
  }
}

}  // namespace norma
