// What a placement asks of depth and width: initial weights, norms around the blocks, the surface
// that weights are kept on. Its formula within one block is held to golden numbers.
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "models/model.h"
#include "optim/optimizer.h"
#include "tests/catch.h"
#include "tests/layers/trunk.h"
#include "tests/models/small_models.h"

namespace norma {

using namespace trunk;

namespace {

// The root of the mean square over some rows of the same matrix in all blocks.
double deviation(ParamSet& set, const std::string& matrix, int64_t first_row, int64_t rows) {
  double squares = 0, count = 0;
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    const Param* param = set.find("blocks." + std::to_string(layer) + "." + matrix);
    REQUIRE(param);
    const std::vector<double> values = param->value.to_vector();
    const int64_t columns = param->shape[1];
    for (int64_t i = first_row * columns; i < (first_row + rows) * columns; ++i) {
      squares += values[static_cast<size_t>(i)] * values[static_cast<size_t>(i)];
      ++count;
    }
  }
  return std::sqrt(squares / count);
}

// Deviations relative to `init_std`, and whether there is a norm behind the last block.
struct ExpectedWeights {
  double query_key = 1, value = 1, attention_out = 1, ffn_in = 1, ffn_out = 1;
  bool final_norm = true;
};

const double kDepthScaled = 1 / std::sqrt(12.0);      // 1/√(2·layers)
const double kBeta = 1 / std::sqrt(std::sqrt(48.0));  // (8·layers)^−¼
const double kGamma = std::sqrt(std::log(12.0));      // √(ln 2·layers)
const double kUnit = 1 / (std::sqrt(double{kWidth}) * kStd);
const ExpectedWeights kUnscaled, kScaled{1, 1, kDepthScaled, 1, kDepthScaled};

const std::map<std::string, ExpectedWeights> kExpectedWeights = {
    {"pre", kScaled},
    {"post", {1, 1, kDepthScaled, 1, kDepthScaled, false}},
    {"mix_ln", kScaled},
    {"parallel", kScaled},
    {"res_i_dual", kScaled},
    {"sandwich", kUnscaled},
    {"reordered", kUnscaled},
    {"layer_norm_scaling", kUnscaled},
    {"layer_scale", kUnscaled},
    {"ada_zero", kUnscaled},
    {"skip_init", {1, 1, 1, 1, 1, false}},
    {"re_zero", {1, 1, 1, 1, 1, false}},
    {"keel", {1, 1, 1, 1, 1, false}},
    {"hybrid_norm", kScaled},
    {"fixup", {1, kDepthScaled, 0, kDepthScaled, 0, false}},
    // Weights of length 1 along the stream's features, whatever was drawn.
    {"ngpt", {kUnit, kUnit, kUnit, kUnit, kUnit, false}},
    {"deep_norm", {1, kBeta, kBeta, kBeta, kBeta, false}},
    {"sub_ln", {1, kGamma, kGamma, kGamma, kGamma}},
};

}  // namespace

TEST_CASE("initial weights and the final norm follow from the placement and the depth",
          "[layers]") {
  for (const Entry* entry : placement_registry().entries()) {
    INFO(entry->type);
    REQUIRE(kExpectedWeights.contains(entry->type));
    const ExpectedWeights& expected = kExpectedWeights.at(entry->type);
    ParamSet set(DType::kFloat64, 1);
    const Trunk trunk(Scope(set), options_with(entry->type));
    set.materialize();
    // Of 18,000 numbers and more, the deviation is known to 0.5 %.
    const auto check = [&](const char* matrix, int64_t first, int64_t rows, double relative) {
      INFO(matrix << " from row " << first);
      CHECK(deviation(set, matrix, first, rows) == Approx(relative * kStd).epsilon(0.02));
    };
    check("attn.qkv.weight", 0, 2 * kWidth, expected.query_key);
    check("attn.qkv.weight", 2 * kWidth, kWidth, expected.value);
    check("attn.out.weight", 0, kWidth, expected.attention_out);
    check("ffn.up.weight", 0, kHidden, expected.ffn_in);
    check("ffn.down.weight", 0, kWidth, expected.ffn_out);
    CHECK((set.find("final_norm.weight") != nullptr) == expected.final_norm);
    CHECK((set.find("blocks.5.ffn.inner_norm.weight") != nullptr) == (entry->type == "sub_ln"));
    CHECK((set.find("blocks.5.attn.inner_norm.weight") != nullptr) == (entry->type == "sub_ln"));
  }
}

TEST_CASE("the number of post blocks in a mixed stack decides about the final norm", "[layers]") {
  const auto has_final_norm = [](const Json& placement) {
    ParamSet set(DType::kFloat64, 1);
    const Trunk trunk(Scope(set), options_with(placement, 4));
    return set.find("final_norm.weight") != nullptr;
  };
  CHECK(has_final_norm({{"type", "mix_ln"}, {"post_blocks", 3}}));
  CHECK_FALSE(has_final_norm({{"type", "mix_ln"}, {"post_blocks", 4}}));
  CHECK_THROWS_WITH(has_final_norm({{"type", "mix_ln"}, {"post_blocks", 5}}),
                    "[mix_ln] post_blocks is 5, but there are only 4 blocks");
}

TEST_CASE("a norm of the embedding is made where the placement asks for one", "[layers]") {
  ParamSet set(DType::kFloat64, 1);
  const Trunk trunk(Scope(set), options_with({{"type", "sandwich"}, {"embedding_norm", true}}));
  CHECK(set.find("embed_norm.weight"));
}

TEST_CASE("norm-free stacks begin as the identity, with gains that no weight decay touches",
          "[layers]") {
  for (const char* placement : {"skip_init", "re_zero"}) {
    INFO(placement);
    ParamSet set(DType::kFloat64, 1);
    Trunk trunk(Scope(set), options_with(placement));
    set.materialize();
    Context ctx;
    ctx.dtype = DType::kFloat64;
    const Var x = random_input({2, 3, kWidth});
    CHECK(trunk(ctx, x).value.to_vector() == x.value.to_vector());
    for (const Param& param : set.params()) {
      INFO(param.name);
      CHECK(param.name.find("norm") == std::string::npos);
      CHECK((param.kind == ParamKind::kScalar) == (param.numel() == 1));
    }
  }
  ParamSet set(DType::kFloat64, 1);
  const Trunk trunk(Scope(set), options_with({{"type", "layer_scale"}, {"initial", 1e-3}}));
  set.materialize();
  const Param* gain = set.find("blocks.3.ffn_scale");
  REQUIRE(gain);
  CHECK(gain->kind == ParamKind::kGain);
  CHECK(gain->value.to_vector() == std::vector<double>(kWidth, 1e-3));
}

namespace {

std::string fault_of_gpt(const Json& more) {
  Json config{{"type", "gpt"}, {"layers", 2}, {"width", 8}, {"heads", 2}};
  config.update(more);
  give_condition(config);
  try {
    make_spec(config, model_registry(), "a.json");
  } catch (const ConfigError& error) {
    return error.faults().front().str();
  }
  return "";
}

}  // namespace

TEST_CASE("projections that start smaller with depth are refused where branches are damped already",
          "[layers]") {
  for (const Entry* entry : placement_registry().entries()) {
    INFO(entry->type);
    const bool damps = recipe_of(Spec{entry->type}, {.layers = 2}).damps_depth;
    const std::string fault =
        fault_of_gpt({{"placement", entry->type}, {"output_init", "depth_scaled"}});
    CHECK(fault.empty() == !damps);
    if (damps) CHECK(fault.find("output_init: found \"depth_scaled\"") != std::string::npos);
  }
  CHECK(recipe_of(Spec{"layer_norm_scaling"}, {}).damps_depth);
  TransformerOptions options = options_with("pre");
  options.output_init = "plain";
  CHECK(*options.block(true, false, 1).attention.out_init_std == kStd);
  options = options_with("reordered");
  options.output_init = "depth_scaled";
  CHECK(*options.block(true, false, 1).ffn.out_init_std == Approx(kStd * kDepthScaled));
}

TEST_CASE("a placement on the unit sphere keeps lengths at 1 through optimizer steps", "[layers]") {
  ParamSet set(DType::kFloat64, 1);
  TransformerOptions options = options_with("ngpt", 1);
  options.activation = "swiglu";
  const Trunk trunk(Scope(set), options);
  set.materialize();
  const auto check = [&](const char* name, bool along_outputs) {
    INFO(name);
    const Param* param = set.find(name);
    REQUIRE(param);
    const int64_t rows = param->shape[0], columns = param->shape[1];
    const std::vector<double> w = param->value.to_vector();
    for (int64_t i = 0; i < (along_outputs ? columns : rows); ++i) {
      double squares = 0;
      for (int64_t j = 0; j < (along_outputs ? rows : columns); ++j) {
        const int64_t at = along_outputs ? j * columns + i : i * columns + j;
        squares += w[static_cast<size_t>(at)] * w[static_cast<size_t>(at)];
      }
      CHECK(squares == Approx(1).epsilon(1e-12));
    }
  };
  const auto check_all = [&] {
    for (const char* name :
         {"blocks.0.attn.qkv.weight", "blocks.0.ffn.up.weight", "blocks.0.ffn.gate.weight"})
      check(name, false);
    for (const char* name : {"blocks.0.attn.out.weight", "blocks.0.ffn.down.weight"})
      check(name, true);
  };
  check_all();
  for (Param& param : set.params()) param.grad.fill(0.3);
  const auto optimizer = make_optimizer(
      make_spec({{"type", "adamw"}, {"lr", 0.1}}, optimizer_registry(), "optim"), set);
  const uint64_t version = set.find("blocks.0.ffn.up.weight")->version;
  for (int step = 0; step < 3; ++step) optimizer->step(set, {.lr = 0.1});
  CHECK(set.find("blocks.0.ffn.up.weight")->version > version);
  check_all();
}

TEST_CASE("a deviation of values alone is refused", "[layers]") {
  const Json config{{"type", "attention"}, {"heads", 2}, {"value_init_std", 0.1}};
  CHECK_THROWS_WITH(make_spec(config, layer_registry(), "attention"),
                    Catch::Matchers::ContainsSubstring("value_init_std"));
}

}  // namespace norma
