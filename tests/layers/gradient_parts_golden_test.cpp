// The parts of a norm's gradient against those that PyTorch's autograd finds with moments held
// constant.
#include "core/config/config.h"
#include "layers/layer_run.h"
#include "tests/catch.h"
#include "tests/golden.h"
#include "tests/layers/watched_norm.h"

namespace norma {

TEST_CASE("the parts of a gradient are autograd's", "[layers]") {
  const std::vector<GoldenCase> cases = golden_cases("parts");
  CHECK(cases.size() >= 8);
  for (const GoldenCase& golden : cases) {
    PartsSeen seen;
    const Spec spec = make_spec(golden.about.at("spec"), layer_registry(), golden.name);
    run_layer(spec, golden.inputs, {.dtype = DType::kFloat64, .observer = &seen});
    REQUIRE(seen.all.size() == 1);
    const GradientParts& parts = seen.all.front().second;
    const double scale = largest_magnitude(parts.direct_term);
    const auto check = [&](const char* name, const Tensor& term) {
      INFO(golden.name << ", " << name);
      CHECK(largest_difference(channels_first(term), golden.expected.at(name)) <= 1e-12 * scale);
    };
    check("part.direct", parts.direct_term);
    check("part.along_one", parts.one_term);
    check("part.along_u", parts.u_term);
  }
}

}  // namespace norma
