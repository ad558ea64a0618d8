// Whole models: gradients through every module at once, by each placement and norm.
#include "models/model.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/config/config.h"
#include "layers/block.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/layers/norm_specs.h"
#include "tests/models/small_models.h"

namespace norma {
namespace {

Json placed_gpt(const std::string& placement, const std::string& norm) {
  return {{"type", "gpt"},
          {"layers", 2},
          {"width", 12},
          {"heads", 2},
          {"context", 5},
          {"norm", norm},
          {"placement", placement},
          {"dropout", 0.1},
          {"drop_path", 0.3}};
}

// Every placement with the default norm, every norm in the default placement, and every placement
// with one norm more: all of both in little time.
std::set<std::pair<std::string, std::string>> placements_and_norms() {
  const ResidualOptions usual;
  std::vector<std::string> norms;
  std::set<std::pair<std::string, std::string>> pairs;
  for (const Entry* norm : norm_registry().entries())
    if (is_per_row(*norm)) norms.push_back(norm->type);
  for (const std::string& norm : norms) pairs.emplace(usual.placement.type, norm);
  size_t turn = 0;
  for (const Entry* placement : placement_registry().entries()) {
    pairs.emplace(placement->type, usual.norm.spec.type);
    pairs.emplace(placement->type, norms[turn++ % norms.size()]);
  }
  return pairs;
}

}  // namespace

TEST_CASE("models: gradients of a GPT, by placement and norm", "[models]") {
  for (const auto& [placement, norm] : placements_and_norms()) {
    INFO(placement << " " << norm);
    Json config = placed_gpt(placement, norm);
    give_condition(config);
    gradcheck(model_maker(config, kTokens), {.input = {3, 5}, .tokens = 7});
  }
}

TEST_CASE("models: gradients of a GPT with every option of its attention", "[models]") {
  const Json config{{"type", "gpt"},        {"layers", 1},
                    {"width", 16},          {"heads", 4},
                    {"kv_heads", 2},        {"context", 5},
                    {"positions", "rope"},  {"qk_norm", "rms_norm"},
                    {"logit_softcap", 5.0}, {"tie", true},
                    {"drop_path", 0.2},     {"ffn", {{"activation", "swiglu"}, {"hidden", 24}}}};
  gradcheck(model_maker(config, kTokens), {.input = {3, 5}, .tokens = 7});
}

TEST_CASE("models: gradients of a vision transformer", "[models]") {
  const Json config{{"type", "vit"},
                    {"patch", 4},
                    {"layers", 2},
                    {"width", 12},
                    {"heads", 3},
                    {"norm", "layer_norm"},
                    {"placement", {{"type", "sandwich"}, {"embedding_norm", true}}}};
  gradcheck(model_maker(config, kImages), {.input = {3, 8, 8, 3}});
}

// Smooth activations: a difference across ReLU's kink is no derivative.
TEST_CASE("models: gradients of residual networks, by block and norm", "[models]") {
  for (const char* block : {"basic", "preact"})
    for (const char* norm : {"batch_norm", "instance_norm"}) {
      INFO(block << " " << norm);
      const Json config{{"type", "resnet"}, {"depth", 8},           {"width", 4},
                        {"block", block},   {"activation", "silu"}, {"norm", norm}};
      gradcheck(model_maker(config, kImages), {.input = {3, 8, 8, 3}});
    }
}

TEST_CASE("models: gradients of a perceptron", "[models]") {
  const Json config{{"type", "mlp"},
                    {"layers", 3},
                    {"width", 17},
                    {"norm", "layer_norm"},
                    {"activation", "gelu"}};
  gradcheck(model_maker(config, kVectors), {.input = {9, 15}});
}

TEST_CASE("models: data of another kind are refused with what was expected", "[models]") {
  ParamSet params(DType::kFloat32, 1);
  const Spec gpt = make_spec(Json("gpt"), model_registry(), "the model");
  CHECK_THROWS_WITH(make_model(Scope(params), gpt, kImages),
                    Catch::Matchers::ContainsSubstring("sequences of tokens"));
}

}  // namespace norma
