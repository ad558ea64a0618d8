// Every layer against PyTorch's numbers, through the same door as the `layer` command.
#include "tests/golden.h"

#include "core/config/config.h"
#include "layers/layer_run.h"
#include "tests/catch.h"
#include "tests/table.h"

namespace norma {
namespace {

NamedTensors run_layer_case(const GoldenCase& golden, DType dtype) {
  const Spec spec = make_spec(golden.about.at("spec"), layer_registry(), golden.name);
  return run_layer(spec, golden.inputs,
                   {.dtype = dtype,
                    .training = golden.about.at("mode") == "train",
                    .repeat = golden.about.at("repeat").get<int64_t>()});
}

}  // namespace

TEST_CASE("layers give PyTorch's numbers in float64", "[layers][table]") {
  Table table("worst of float64 against the golden numbers of layers");
  const std::vector<GoldenCase> cases = golden_cases("layer");
  REQUIRE(cases.size() > 100);
  for (const GoldenCase& golden : cases) {
    const std::string type = golden.about.at("spec").at("type");
    table.count(type, "cases");
    const NamedTensors out = run_layer_case(golden, DType::kFloat64);
    for (const auto& [name, expected] : golden.expected) {
      INFO(golden.name << ", " << name);
      REQUIRE(out.contains(name));
      // Constant rows: what is zero in exact arithmetic is rounding noise in the reference, and has
      // no digits to compare.
      const double largest = largest_magnitude(expected);
      const double bound = largest < 1e-10 ? 1e-10 : 1e-9 * largest;
      CHECK(largest_difference(out.at(name), expected) <= bound);
      if (largest >= 1e-10)
        table.worst(type, "distance", relative_difference(out.at(name), expected));
    }
  }
}

TEST_CASE("layers give PyTorch's numbers in float32 to its precision", "[layers][table]") {
  Table table("worst of float32 against the golden numbers of layers");
  for (const GoldenCase& golden : golden_cases("layer")) {
    // float32 cannot even hold the inputs of the cases with mean ≫ deviation.
    if (golden.about.at("centre").get<double>() != 0) continue;
    const std::string type = golden.about.at("spec").at("type");
    table.count(type, "cases");
    const NamedTensors out = run_layer_case(golden, DType::kFloat32);
    for (const auto& [name, expected] : golden.expected) {
      INFO(golden.name << ", " << name);
      if (largest_magnitude(expected) < 1e-3)
        continue;  // sums that cancel: float32 keeps nothing of them
      CHECK(relative_difference(out.at(name), expected) <= 1e-5);
      table.worst(type, "distance", relative_difference(out.at(name), expected));
    }
  }
}

}  // namespace norma
