#include "models/fold/fold.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"
#include "tests/specimen.h"
#include "tests/threads.h"

namespace norma {
namespace {

constexpr ModelInput kTokens{.vocab = 7, .outputs = 7};
constexpr ModelInput kImages{.height = 8, .width = 8, .channels = 3, .outputs = 5};

// A model whose every parameter and running statistic is random, as if trained.
TrainedModel random_model(const Json& config, const ModelInput& extents) {
  const Spec spec = make_spec(config, model_registry(), "the model");
  ParamSet set(DType::kFloat64, 3);
  const auto model = make_model(Scope(set), spec, extents);
  set.materialize();
  TrainedModel trained{spec, {}};
  for (const Param& param : set.params()) {
    Numbers values = param.value.to_vector();
    const Numbers noise = normal_numbers(param.name, param.numel());
    for (size_t i = 0; i < values.size(); ++i) values[i] += 0.2 * noise[i];
    trained.state[param.name] = Tensor::from(values, param.shape, DType::kFloat64);
  }
  for (const Buffer& buffer : set.buffers()) {
    trained.state[buffer.name] = buffer.value.clone();
    if (buffer.value.dtype() != DType::kFloat64) continue;
    Numbers values = normal_numbers(buffer.name, buffer.value.numel());
    for (double& value : values) value = 0.5 + std::abs(value);
    // Vectors of a power iteration have length 1; running statistics are above 0.
    trained.state[buffer.name] = Tensor::from(values, buffer.value.shape(), DType::kFloat64);
  }
  return trained;
}

Tensor tokens() {
  const Tensor input = Tensor::empty({3, 5}, DType::kInt32);
  for (int64_t i = 0; i < input.numel(); ++i)
    input.data<int32_t>()[i] = static_cast<int32_t>(i % 7);
  return input;
}

Tensor images() {
  return Tensor::from(normal_numbers("images", 3 * 8 * 8 * 3), {3, 8, 8, 3}, DType::kFloat64);
}

Folded folded(const Json& config, const ModelInput& extents, const Tensor& input) {
  const Threads one(1);
  return fold(random_model(config, extents), extents, input, {}, DType::kFloat64);
}

bool has_norm_parameter(const TrainedModel& model) {
  for (const auto& [name, tensor] : model.state)
    if (name.find("norm") != std::string::npos) return true;
  return false;
}

Json gpt(const Json& norm, const std::string& placement) {
  return {{"type", "gpt"}, {"layers", 2},  {"width", 12},           {"heads", 2},
          {"context", 5},  {"norm", norm}, {"placement", placement}};
}

}  // namespace

TEST_CASE("fold: gains and offsets of a pre-norm GPT leave it", "[models]") {
  for (const char* norm : {"layer_norm", "rms_norm"}) {
    INFO(norm);
    // The head has no bias, so an offset in front of it has to stay.
    const Folded result = folded(gpt(norm, "pre"), kTokens, tokens());
    REQUIRE(result.steps.size() == 1);
    CHECK(result.steps[0].modules == 5);
    CHECK(result.steps[0].left.empty());
    CHECK(result.steps[0].deviation <= 1e-12);
    CHECK(has_norm_parameter(result.model) == (std::string(norm) == "layer_norm"));
    for (const auto& [name, tensor] : result.model.state) {
      INFO(name);
      CHECK_FALSE(name.ends_with("norm.weight"));
    }
  }
}

TEST_CASE("fold: a gain that stores its distance from 1 is folded like any other", "[models]") {
  const Folded result =
      folded(gpt(Json{{"type", "rms_norm"}, {"zero_centered", true}}, "pre"), kTokens, tokens());
  CHECK(result.steps.at(0).modules == 5);
  CHECK(result.steps.at(0).deviation <= 1e-12);
  CHECK_FALSE(has_norm_parameter(result.model));
}

TEST_CASE("fold: what a norm's output also feeds keeps its gain", "[models]") {
  const Folded result = folded(gpt("layer_norm", "post"), kTokens, tokens());
  REQUIRE(result.steps.size() == 1);
  CHECK(result.steps[0].modules + static_cast<int64_t>(result.steps[0].left.size()) == 4);
  CHECK(result.steps[0].left.size() >= 3);
  CHECK_THAT(result.steps[0].left[0], Catch::Matchers::ContainsSubstring("also goes to"));
  CHECK(result.steps[0].deviation <= 1e-12);
}

TEST_CASE("fold: batch norms go into the convolutions in front of them", "[models]") {
  const Json resnet{{"type", "resnet"}, {"depth", 8}, {"width", 4}, {"norm", "batch_norm"}};
  const Folded result = folded(resnet, kImages, images());
  REQUIRE(result.steps.size() == 1);
  CHECK(result.steps[0].left.empty());
  CHECK(result.steps[0].modules == 9);
  CHECK(result.steps[0].deviation <= 1e-12);
  for (const auto& [name, tensor] : result.model.state) {
    INFO(name);
    CHECK(name.find("running") == std::string::npos);
    CHECK_FALSE(name.ends_with("norm.weight"));
  }
}

TEST_CASE("fold: norms in front of the convolution stay", "[models]") {
  const Json resnet{
      {"type", "resnet"}, {"depth", 8}, {"width", 4}, {"norm", "batch_norm"}, {"block", "preact"}};
  const Folded result = folded(resnet, kImages, images());
  REQUIRE_FALSE(result.steps.empty());
  CHECK(result.steps[0].modules == 0);
  CHECK_FALSE(result.steps[0].left.empty());
}

TEST_CASE("fold: a norm with an activation in the same pass keeps its gain", "[models]") {
  const Json resnet{{"type", "resnet"},
                    {"depth", 8},
                    {"width", 4},
                    {"norm", {{"type", "group_norm"}, {"groups", 2}}}};
  const Folded result = folded(resnet, kImages, images());
  REQUIRE(result.steps.size() == 1);
  CHECK(result.steps[0].modules == 0);
  CHECK_FALSE(result.steps[0].left.empty());
  CHECK(result.steps[0].deviation == 0);
}

TEST_CASE("fold: re-parametrized weights become plain", "[models]") {
  for (const char* reparam : {"weight_norm", "weight_standardization"}) {
    INFO(reparam);
    Json config = gpt("rms_norm", "pre");
    config["reparam"] = reparam;
    const Folded result = folded(config, kTokens, tokens());
    REQUIRE(result.steps.size() == 2);
    CHECK(result.steps[0].modules == 8);
    for (const FoldStep& step : result.steps) CHECK(step.deviation <= 1e-12);
    CHECK(result.model.state.contains("blocks.0.attn.qkv.weight"));
  }
}

}  // namespace norma
