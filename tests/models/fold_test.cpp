#include "models/fold/fold.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "tests/catch.h"
#include "tests/models/random_model.h"
#include "tests/models/small_models.h"
#include "tests/specimen.h"
#include "tests/threads.h"

namespace norma {
namespace {

Tensor tokens() {
  const Tensor input = Tensor::empty({3, 5}, DType::kInt32);
  for (int64_t i = 0; i < input.numel(); ++i)
    input.data<int32_t>()[i] = static_cast<int32_t>(i % 7);
  return input;
}

Tensor images() {
  return Tensor::from(normal_numbers("images", 3 * 8 * 8 * 3), {3, 8, 8, 3}, DType::kFloat64);
}

// Whatever was folded or left, the outputs are the trained model's.
Folded folded(const Json& config, const ModelInput& extents, const FoldSample& sample) {
  const Threads one(1);
  const TrainedModel trained = random_model(config, extents);
  const Folded result = fold(trained, extents, sample, DType::kFloat64);
  const Tensor before = output_in_eval(trained, extents, sample);
  CHECK(deviation(before, output_in_eval(result.model, extents, sample), sample, extents) <= 1e-10);
  return result;
}

Folded folded(const Json& config, const ModelInput& extents, const Tensor& input) {
  return folded(config, extents, FoldSample{input, {}, {}});
}

Json folding_resnet(const Json& norm, const Json& more = Json::object()) {
  Json config{{"type", "resnet"}, {"depth", 8}, {"width", 4}, {"norm", norm}};
  config.update(more);
  return config;
}

bool has_norm_parameter(const TrainedModel& model) {
  for (const auto& [name, tensor] : model.state)
    if (name.find("norm") != std::string::npos) return true;
  return false;
}

Json folding_gpt(const Json& norm, const std::string& placement) {
  return {{"type", "gpt"}, {"layers", 2},  {"width", 12},           {"heads", 2},
          {"context", 5},  {"norm", norm}, {"placement", placement}};
}

}  // namespace

TEST_CASE("fold: gains and offsets of a pre-norm GPT leave it", "[models]") {
  for (const char* norm : {"layer_norm", "rms_norm"}) {
    INFO(norm);
    // The head has no bias, so an offset in front of it has to stay.
    const Folded result = folded(folding_gpt(norm, "pre"), kTokens, tokens());
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
  const Folded result = folded(
      folding_gpt(Json{{"type", "rms_norm"}, {"zero_centered", true}}, "pre"), kTokens, tokens());
  CHECK(result.steps.at(0).modules == 5);
  CHECK(result.steps.at(0).deviation <= 1e-12);
  CHECK_FALSE(has_norm_parameter(result.model));
}

TEST_CASE("fold: what a norm's output also feeds keeps its gain", "[models]") {
  const Folded result = folded(folding_gpt("layer_norm", "post"), kTokens, tokens());
  REQUIRE(result.steps.size() == 1);
  CHECK(result.steps[0].modules + static_cast<int64_t>(result.steps[0].left.size()) == 4);
  CHECK(result.steps[0].left.size() >= 3);
  CHECK_THAT(result.steps[0].left[0], Catch::Matchers::ContainsSubstring("also goes to"));
  CHECK(result.steps[0].deviation <= 1e-12);
}

TEST_CASE("fold: batch norms go into the convolutions in front of them", "[models]") {
  const Folded result = folded(folding_resnet("batch_norm"), kImages, images());
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
  const Folded result =
      folded(folding_resnet("batch_norm", {{"block", "preact"}}), kImages, images());
  REQUIRE_FALSE(result.steps.empty());
  CHECK(result.steps[0].modules == 0);
  CHECK_FALSE(result.steps[0].left.empty());
}

TEST_CASE("fold: a norm with an activation in the same pass keeps its gain", "[models]") {
  const Folded result =
      folded(folding_resnet({{"type", "group_norm"}, {"groups", 2}}), kImages, images());
  REQUIRE(result.steps.size() == 1);
  CHECK(result.steps[0].modules == 0);
  CHECK_FALSE(result.steps[0].left.empty());
  CHECK(result.steps[0].deviation == 0);
}

TEST_CASE("fold: re-parametrized weights become plain", "[models]") {
  for (const char* reparam : {"weight_norm", "weight_standardization"}) {
    INFO(reparam);
    Json config = folding_gpt("rms_norm", "pre");
    config["reparam"] = reparam;
    const Folded result = folded(config, kTokens, tokens());
    REQUIRE(result.steps.size() == 2);
    CHECK(result.steps[0].modules == 8);
    for (const FoldStep& step : result.steps) CHECK(step.deviation <= 1e-12);
    CHECK(result.model.state.contains("blocks.0.attn.qkv.weight"));
  }
}

TEST_CASE("fold: a norm at one site stays where those at others go", "[models]") {
  for (const char* other : {"layer_norm", "switchable_norm", "identity"}) {
    INFO(other);
    const Folded result =
        folded(folding_resnet({{"type", "batch_norm"}, {"stem", other}}), kImages, images());
    CHECK(result.steps.at(0).modules == 8);
    const Json& norm = result.model.spec.options->at("norm");
    CHECK(norm.at("type") != "batch_norm");
    CHECK(norm.at("stem").at("type") == other);
  }
}

TEST_CASE("fold: norms of some layers stay where those of others go", "[models]") {
  const auto in = [](const char* layers, const char* type) {
    return Json{{"layers", layers}, {"type", type}};
  };
  Json first = in("0", "batch_norm"), last = in("1-", "layer_norm");
  first["stem"] = "rms_norm";
  const Folded result = folded(folding_resnet(Json::array({first, last})), kImages, images());
  CHECK(result.steps.at(0).modules == 2);
  const Json& norm = result.model.spec.options->at("norm");
  CHECK(norm.at(0).at("layers") == "0");
  CHECK(norm.at(0).at("type") != "batch_norm");
  CHECK(norm.at(0).at("stem").at("type") == "rms_norm");
  CHECK(norm.at(1).at("type") == "layer_norm");
}

TEST_CASE("fold: of one choice for several places all go or none", "[models]") {
  // Behind the first convolution of a block it could go, in front of the block not.
  const Folded result =
      folded(folding_resnet("batch_norm", {{"block", "preact"}}), kImages, images());
  CHECK(result.steps.at(0).modules == 0);
  CHECK(result.steps.at(0).left.size() == 7);
  std::string all;
  for (const std::string& left : result.steps.at(0).left) all += left + "\n";
  CHECK_THAT(all, Catch::Matchers::ContainsSubstring("which stays"));
}

TEST_CASE("fold: a norm made of norms keeps what its parts cannot give away", "[models]") {
  const auto made_of = [](const char* type) {
    return Json{{"type", type}, {"norms", {"batch_norm", "dyt"}}};
  };
  const Folded sequence = folded(folding_resnet(made_of("sequence")), kImages, images());
  CHECK(sequence.steps.at(0).modules == 9);
  CHECK(sequence.model.state.contains("stem_norm.norms.1.alpha"));
  CHECK_FALSE(sequence.model.state.contains("stem_norm.norms.0.running_mean"));
  const Folded mixture = folded(folding_resnet(made_of("mixture")), kImages, images());
  CHECK(mixture.steps.at(0).modules == 0);
  CHECK(mixture.steps.at(0).left.size() == 9);
}

TEST_CASE("fold: statistics of several domains are reported as left", "[models]") {
  const Folded result = folded(folding_resnet("switchable_norm"), kImages, images());
  CHECK(result.steps.at(0).modules == 0);
  CHECK(result.steps.at(0).left.size() == 9);
}

TEST_CASE("fold: the offset of a norm without a gain is not lost", "[models]") {
  const Json norm{{"attn", "layer_norm"},
                  {"ffn", {{"type", "layer_norm"}, {"weight", false}}},
                  {"final", "rms_norm"}};
  const Folded result = folded(folding_gpt(norm, "pre"), kTokens, tokens());
  CHECK(result.steps.at(0).modules == 3);
  CHECK(result.model.state.contains("blocks.0.ffn_norm.bias"));
  CHECK_FALSE(result.model.state.contains("blocks.0.attn_norm.bias"));
  CHECK_FALSE(result.model.state.contains("final_norm.weight"));
}

TEST_CASE("fold: weights that a model derives by itself stay derived", "[models]") {
  const Json nfnet{{"type", "nfnet"}, {"stages", {1, 1}}, {"width", 4}};
  Json resnet_nf = folding_resnet("batch_norm", {{"residual", "nf"}, {"block", "preact"}});
  for (const Json& config : {nfnet, resnet_nf}) {
    INFO(config.dump());
    const Folded result = folded(config, kImages, images());
    REQUIRE(result.steps.size() == 1);
    CHECK(result.steps[0].modules == 0);
    CHECK_FALSE(result.steps[0].left.empty());
    CHECK(result.model.spec.options->dump() ==
          make_spec(config, model_registry(), "a").options->dump());
  }
}

TEST_CASE("fold: an encoder-decoder runs along its target, padding aside", "[models]") {
  constexpr ModelInput kPairs{.vocab = 7, .answer = 4, .outputs = 7};
  const Tensor target = Tensor::full({3, 4}, DType::kInt32, -100);
  for (const int64_t place : {0, 1, 2, 3, 4, 5, 8})
    target.data<int32_t>()[place] = static_cast<int32_t>(place % 7);
  const FoldSample sample{tokens(), first_positions({5, 3, 1}, 5), target};
  for (const char* norm : {"layer_norm", "rms_norm"}) {
    INFO(norm);
    const Json config{{"type", "seq2seq"}, {"layers", 2},  {"width", 6},       {"heads", 2},
                      {"norm", norm},      {"buckets", 6}, {"max_distance", 5}};
    const Folded result = folded(config, kPairs, sample);
    CHECK(result.steps.at(0).modules > 6);
    CHECK(result.steps.at(0).deviation <= 1e-12);
  }
}

TEST_CASE("fold: what padding holds is no deviation", "[models]") {
  const FoldSample sample{tokens(), first_positions({5, 3, 1}, 5), {}};
  const Json encoder{{"type", "encoder"}, {"layers", 2},  {"tie", false},        {"width", 12},
                     {"heads", 2},        {"context", 5}, {"norm", "layer_norm"}};
  const Folded result = folded(encoder, kTokens, sample);
  CHECK(result.steps.at(0).modules == 5);
  CHECK(result.steps.at(0).deviation <= 1e-12);
}

TEST_CASE("fold: what was folded once has nothing more to give", "[models]") {
  const Threads one(1);
  const Folded once = folded(folding_gpt("layer_norm", "pre"), kTokens, tokens());
  const Folded twice = fold(once.model, kTokens, {tokens(), {}, {}}, DType::kFloat64);
  CHECK(twice.steps.empty());
}

TEST_CASE("fold: outputs that are not finite are not taken for equal", "[models]") {
  TrainedModel trained = random_model(folding_gpt("rms_norm", "pre"), kTokens);
  trained.state.at("blocks.0.attn_norm.weight").data<double>()[0] = std::nan("");
  const Folded result = fold(trained, kTokens, {tokens(), {}, {}}, DType::kFloat64);
  REQUIRE(result.steps.size() == 1);
  CHECK(result.steps[0].modules == 0);
  CHECK_FALSE(result.steps[0].left.empty());
}

TEST_CASE("fold: weights that lack a name are refused by that name", "[models]") {
  const Threads one(1);
  for (const char* name : {"stem_norm.running_mean", "stages.1.0.conv1.weight"}) {
    TrainedModel trained = random_model(folding_resnet("batch_norm"), kImages);
    trained.state.erase(name);
    CHECK_THROWS_WITH(fold(trained, kImages, {images(), {}, {}}, DType::kFloat64),
                      Catch::Matchers::ContainsSubstring(name));
  }
  TrainedModel trained = random_model(folding_resnet("batch_norm"), kImages);
  trained.state["stem_norm.weight"] = Tensor::zeros({5}, DType::kFloat64);
  CHECK_THROWS_WITH(fold(trained, kImages, {images(), {}, {}}, DType::kFloat64),
                    Catch::Matchers::ContainsSubstring("stem_norm.weight"));
}

}  // namespace norma
