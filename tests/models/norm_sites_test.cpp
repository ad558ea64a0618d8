// Norms that differ by depth and by site: which module gets which, and what is refused.
#include <map>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "models/model.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/models/small_models.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json normed_gpt(const Json& norm, const Json& more = Json::object()) {
  Json config{{"type", "gpt"}, {"layers", 3},  {"width", 12},
              {"heads", 2},    {"context", 5}, {"norm", norm}};
  config.update(more);
  return config;
}

Json normed_resnet(const Json& norm, const char* block = "basic") {
  return {{"type", "resnet"}, {"depth", 14}, {"width", 4}, {"block", block}, {"norm", norm}};
}

// The parameters of a model by name.
std::map<std::string, int64_t> params_of(const Json& config, const ModelInput& input) {
  ParamSet set(DType::kFloat64, 1);
  const auto model = make_model(Scope(set), make_spec(config, model_registry(), "a"), input);
  std::map<std::string, int64_t> params;
  for (const Param& param : set.params()) params[param.name] = param.numel();
  return params;
}

// The one fault of a config; empty where it is accepted.
std::string fault_of(const Json& config) {
  const std::vector<std::string> faults = model_faults(config);
  REQUIRE(faults.size() <= 1);
  return faults.empty() ? "" : faults[0];
}

Json layers(const char* which, Json norm) {
  if (norm.is_string()) norm = Json{{"type", norm}};
  Json element{{"layers", which}};
  element.update(norm);
  return element;
}

}  // namespace

TEST_CASE("a transformer takes another norm in every place", "[models]") {
  // A layer norm has a bias, an RMS norm has none, scale norm has `g`.
  const auto params = params_of(
      normed_gpt(Json::array({layers("0", {{"attn", "layer_norm"},
                                           {"ffn", "rms_norm"},
                                           {"embedding", "scale_norm"},
                                           {"qk", "rms_norm"}}),
                              layers("1-", {{"type", "rms_norm"}, {"final", "layer_norm"}})})),
      kTokens);
  CHECK(params.contains("blocks.0.attn_norm.bias"));
  CHECK_FALSE(params.contains("blocks.0.ffn_norm.bias"));
  CHECK(params.contains("embed_norm.g"));
  CHECK(params.contains("blocks.0.attn.q_norm.weight"));
  CHECK_FALSE(params.contains("blocks.1.attn.q_norm.weight"));
  CHECK(params.contains("blocks.1.attn_norm.weight"));
  CHECK_FALSE(params.contains("blocks.1.attn_norm.bias"));
  CHECK(params.contains("final_norm.bias"));
}

TEST_CASE("a list by depth decides about the places before and behind the layers", "[models]") {
  const Json norm = Json::array({layers("0-1", "layer_norm"), layers("2", "rms_norm")});
  const auto params = params_of(
      normed_gpt(norm, {{"placement", {{"type", "sandwich"}, {"embedding_norm", true}}}}), kTokens);
  CHECK(params.contains("embed_norm.bias"));
  CHECK_FALSE(params.contains("final_norm.bias"));
  CHECK(params.contains("final_norm.weight"));
}

TEST_CASE("a residual network and a perceptron take another norm in every place", "[models]") {
  const auto params = params_of(
      normed_resnet(
          {{"stem", "layer_norm"},
           {"downsample", "identity"},
           {"block", Json::array({layers("0-3", "rms_norm"), layers("4-5", "layer_norm")})}}),
      kImages);
  CHECK(params.contains("stem_norm.bias"));
  CHECK(params.contains("stages.1.1.norm1.weight"));
  CHECK_FALSE(params.contains("stages.1.1.norm1.bias"));
  CHECK(params.contains("stages.2.0.norm2.bias"));
  CHECK_FALSE(params.contains("stages.2.0.downsample.norm.weight"));

  const Json mlp{{"type", "mlp"},
                 {"layers", 3},
                 {"norm", Json::array({layers("0,2", "layer_norm"), layers("1", "rms_norm")})}};
  const auto hidden = params_of(mlp, kVectors);
  CHECK(hidden.contains("norms.2.bias"));
  CHECK_FALSE(hidden.contains("norms.1.bias"));
}

TEST_CASE("gradients of a transformer with norms by depth and site", "[models]") {
  const Json norm =
      Json::array({layers("0", {{"attn", "layer_norm"}, {"ffn", "dyt"}, {"embedding", "rms_norm"}}),
                   layers("1-2", {{"type", "rms_norm"}, {"qk", "layer_norm"}})});
  const Spec spec = make_spec(normed_gpt(norm), model_registry(), "a");
  gradcheck([=](const Scope& scope) { return make_model(scope, spec, kTokens); },
            {.input = {3, 5}, .tokens = 7});
}

TEST_CASE("sites and layers that do not fit the model are refused with the reason", "[models]") {
  CHECK_THAT(fault_of(normed_gpt(Json::array({layers("0-1", "rms_norm")}))),
             ContainsSubstring("a norm for attn of layer 2 too"));
  CHECK_THAT(fault_of(normed_gpt(Json::array({layers("0-4", "rms_norm")}))),
             ContainsSubstring("within the layers (the last layer is 2), not \"0-4\""));
  CHECK_THAT(fault_of(normed_gpt({{"attn", "rms_norm"}, {"ffn", "rms_norm"}})),
             ContainsSubstring("a norm for final of layer 2 too (\"type\" beside sites stands for "
                               "those not named)"));
  CHECK_THAT(fault_of(normed_gpt({{"type", "rms_norm"}, {"stem", "rms_norm"}})),
             ContainsSubstring("norm.stem: found \"rms_norm\", expected "));
  CHECK_THAT(
      fault_of(normed_gpt({{"type", "rms_norm"}, {"final", "rms_norm"}}, {{"placement", "post"}})),
      ContainsSubstring("no site final: the model as configured has no norm there"));
  CHECK_THAT(
      fault_of(normed_gpt({{"type", "rms_norm"}, {"attn", "dyt"}}, {{"placement", "skip_init"}})),
      ContainsSubstring("no site attn"));
  CHECK_THAT(fault_of(normed_gpt(Json::array({layers("0", {{"type", "rms_norm"}, {"final", "dyt"}}),
                                              layers("1-", "rms_norm")}))),
             ContainsSubstring("final in the range that holds layer 2, not in \"0\""));
  CHECK_THAT(fault_of(normed_resnet({{"type", "rms_norm"}, {"final", "dyt"}})),
             ContainsSubstring("no site final"));
  CHECK_THAT(fault_of(normed_resnet({{"type", "rms_norm"}, {"stem", "dyt"}}, "preact")),
             ContainsSubstring("no site stem"));
  CHECK(fault_of(normed_gpt({{"attn", "rms_norm"}, {"ffn", "rms_norm"}}, {{"placement", "post"}}))
            .empty());
}

TEST_CASE("a norm shared by both sublayers has to be one", "[models]") {
  const Json norm{{"type", "rms_norm"}, {"ffn", "layer_norm"}};
  CHECK_THROWS_WITH(params_of(normed_gpt(norm, {{"placement", "parallel"}}), kTokens),
                    ContainsSubstring("one norm serves attn and ffn"));
  const Json two{{"type", "parallel"}, {"shared_norm", false}};
  CHECK(params_of(normed_gpt(norm, {{"placement", two}}), kTokens)
            .contains("blocks.0.ffn_norm.bias"));
}

TEST_CASE("lstm: norms by site and by layer", "[models]") {
  const auto lstm = [](int64_t depth, const Json& norm) {
    return Json{{"type", "lstm"}, {"layers", depth}, {"width", 4}, {"norm", norm}};
  };
  const auto params = params_of(
      lstm(3, Json::array({layers("0", {{"cell", "rms_norm"}}),
                           layers("1-", {{"type", "rms_norm"}, {"state", "layer_norm"}})})),
      kTokens);
  CHECK(params.contains("layers.0.cell_norm.weight"));
  CHECK_FALSE(params.contains("layers.0.ih_norm.weight"));
  CHECK_FALSE(params.contains("layers.0.hh_norm.weight"));
  CHECK(params.contains("layers.2.ih_norm.weight"));
  CHECK_FALSE(params.contains("layers.2.ih_norm.bias"));
  CHECK(params.contains("layers.2.hh_norm.bias"));
  CHECK_THAT(fault_of(lstm(1, Json::array({layers("0-1", "rms_norm")}))),
             ContainsSubstring("norm: ") && ContainsSubstring("within the layers"));
}

}  // namespace norma
