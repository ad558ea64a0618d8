// Networks without norms: gradients, what is expected of their variances, and what they refuse.
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "models/model.h"
#include "models/nf_block.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/models/small_models.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

MakeModule image_model(const Json& config) { return model_maker(config, kImages); }

Json nfnet(const Json& more) {
  Json config{{"type", "nfnet"}, {"width", 4}, {"stages", {1, 2}}, {"activation", "silu"}};
  config.update(more);
  return config;
}

Json normless_resnet(const char* residual, const char* block) {
  return {{"type", "resnet"}, {"depth", 8},    {"width", 3},           {"activation", "silu"},
          {"block", block},   {"norm", "frn"}, {"residual", residual}, {"drop_path", 0.3}};
}

// The mean over channels of each one's variance.
double variance(const Var& x) {
  const Nsc size = nsc_of(x.shape());
  const std::vector<double> values = x.value.to_vector();
  double sum = 0;
  for (int64_t c = 0; c < size.c; ++c) {
    double mean = 0, square = 0;
    for (int64_t row = 0; row < size.rows(); ++row) {
      const double value = values[static_cast<size_t>(row * size.c + c)];
      mean += value, square += value * value;
    }
    const auto count = static_cast<double>(size.rows());
    sum += square / count - mean / count * (mean / count);
  }
  return sum / static_cast<double>(size.c);
}

}  // namespace

TEST_CASE("models: gradients of networks without norms", "[models]") {
  for (const Json& more : {Json{{"drop_path", 0.3}}, Json{{"squeeze_excite", 0.5}},
                           Json{{"block", "bottleneck"}, {"group_width", 2}},
                           Json{{"block", "bottleneck"}, {"activation", "gelu"}}}) {
    INFO(more.dump());
    gradcheck(image_model(nfnet(more)), {.input = {3, 8, 8, 3}});
  }
  // Odd sizes halve to the larger half.
  const ModelInput odd{.height = 7, .width = 5, .channels = 1, .outputs = 3};
  gradcheck(model_maker(nfnet({{"block", "bottleneck"}}), odd), {.input = {2, 7, 5, 1}});
}

TEST_CASE("models: gradients of residual networks by scheme", "[models]") {
  for (const auto& [residual, block] :
       {std::pair("re_zero", "basic"), std::pair("re_zero", "preact"),
        std::pair("layer_scale", "basic"), std::pair("layer_scale", "preact"),
        std::pair("skip_init", "basic"), std::pair("skip_init", "preact"),
        std::pair("fixup", "basic"), std::pair("nf", "preact")}) {
    INFO(residual << " " << block);
    gradcheck(image_model(normless_resnet(residual, block)), {.input = {3, 8, 8, 3}});
  }
}

TEST_CASE("blocks without norms keep the variances that are expected of them", "[models]") {
  for (const char* activation : {"relu", "gelu", "silu"}) {
    INFO(activation);
    NfOptions options;
    options.activation = activation;
    options.alpha = 0.7;
    options.skip_gain = 1;
    ParamSet set(DType::kFloat64, 3);
    std::vector<std::unique_ptr<NfBlock>> blocks;
    ExpectedVariance expected(options.alpha);
    std::vector<double> deviations;
    for (int64_t i = 0; i < 4; ++i) {
      const NfSite site{i == 0 ? 48 : 96, 96, i == 0 ? 2 : 1, expected.deviation(), 0};
      blocks.push_back(std::make_unique<NfBlock>(Scope(set) / i, options, site));
      expected.pass_block(site.resets());
      deviations.push_back(expected.deviation());
    }
    set.materialize();
    for (Param& param : set.params())
      if (param.kind == ParamKind::kBias) param.value.fill(0);
    RandomSequence random(RandomStream(5, 1));
    Var x{Tensor::empty({16, 16, 16, 48}, DType::kFloat64)};
    for (int64_t i = 0; i < x.value.numel(); ++i) x.value.data<double>()[i] = random.normal();
    Context ctx;
    ctx.dtype = DType::kFloat64;
    for (size_t i = 0; i < blocks.size(); ++i) {
      x = (*blocks[i])(ctx, x);
      // Padding at the borders takes a little; single draws of weights vary.
      CHECK(std::sqrt(variance(x)) == Approx(deviations[i]).epsilon(0.15));
    }
  }
  ExpectedVariance growing(0.5);
  CHECK(growing.deviation() == 1);
  growing.pass_block(false), growing.pass_block(false);
  CHECK(growing.deviation() == Approx(std::sqrt(1.5)));
  growing.pass_block(true);
  CHECK(growing.deviation() == Approx(std::sqrt(1.25)));
}

TEST_CASE("networks without norms begin with closed branches and an output layer left alone",
          "[models]") {
  ParamSet set(DType::kFloat32, 1);
  const auto made = image_model(nfnet({{"squeeze_excite", 0.5}}))(Scope(set));
  set.materialize();
  CHECK(set.find("stages.1.1.skip_gain")->value.item(0) == 0);
  CHECK(set.find("stages.1.1.skip_gain")->kind == ParamKind::kScalar);
  for (const Param& param : set.params()) {
    INFO(param.name);
    CHECK(param.output_layer == param.name.starts_with("head."));
    CHECK(param.name.find("norm") == std::string::npos);
  }
}

TEST_CASE("fixup begins with closed branches, closed outputs and small weights", "[models]") {
  ParamSet set(DType::kFloat64, 1);
  const auto made =
      image_model({{"type", "resnet"}, {"depth", 26}, {"residual", "fixup"}})(Scope(set));
  set.materialize();
  const auto deviation = [&](const char* name) {
    double squares = 0;
    for (const double value : set.find(name)->value.to_vector()) squares += value * value;
    return std::sqrt(squares / static_cast<double>(set.find(name)->numel()));
  };
  CHECK(deviation("stages.2.1.conv2.weight") == 0);
  CHECK(deviation("head.weight") == 0);
  // He's deviation for 64 outputs of 3×3, over √12 for 12 blocks.
  CHECK(deviation("stages.2.1.conv1.weight") ==
        Approx(std::sqrt(2.0 / (64 * 9) / 12)).epsilon(0.02));
}

TEST_CASE("schemes that do not fit their block are refused", "[models]") {
  const auto fault = [](const Json& config) {
    const std::vector<std::string> faults = model_faults(config);
    return faults.empty() ? "" : faults.front();
  };
  const auto scheme = [](const char* residual, const char* block) {
    return Json{{"type", "resnet"}, {"residual", residual}, {"block", block}};
  };
  CHECK_THAT(fault(scheme("fixup", "preact")), ContainsSubstring("residual: found \"fixup\""));
  CHECK_THAT(fault(scheme("nf", "basic")), ContainsSubstring("residual: found \"nf\""));
  Json named = scheme("skip_init", "basic");
  named["norm"] = {{"block", "rms_norm"}, {"type", "rms_norm"}};
  CHECK_THAT(fault(named), ContainsSubstring("no site block"));
  Json standardized = scheme("fixup", "basic");
  standardized["reparam"] = "weight_standardization";
  CHECK_THAT(fault(standardized), ContainsSubstring("reparam: found"));
  CHECK_THAT(fault(nfnet({{"group_width", 2}})), ContainsSubstring("group_width"));
  CHECK_THROWS_WITH(
      [&] {
        ParamSet set(DType::kFloat32, 1);
        image_model(nfnet({{"block", "bottleneck"}, {"group_width", 3}}))(Scope(set));
      }(),
      ContainsSubstring("groups of 3 channels do not divide"));
}

TEST_CASE("language models with bounded curves for norms are warned of small embeddings",
          "[models]") {
  const auto warnings = [](const Json& more) {
    Json config{{"type", "gpt"}, {"layers", 2}, {"width", 8}, {"heads", 2}};
    config.update(more);
    return model_warnings(make_spec(config, model_registry(), "a"));
  };
  REQUIRE(warnings({{"norm", "dyt"}}).size() == 1);
  CHECK_THAT(warnings({{"norm", "derf"}}).front(), ContainsSubstring("\"embedding_scale\": true"));
  CHECK(warnings({{"norm", {{"type", "rms_norm"}, {"ffn", "dyt"}}}}).size() == 1);
  CHECK(warnings({{"norm", "dyt"}, {"embedding_scale", true}}).empty());
  CHECK(warnings({{"norm", "identity"}}).empty());
  CHECK(warnings({{"norm", "dyt"}, {"placement", "skip_init"}}).empty());
}

TEST_CASE("models of the past alone are warned of statistics over positions", "[models]") {
  const auto warnings = [](const char* type, const Json& norm) {
    const Json config{{"type", type}, {"layers", 2}, {"width", 8}, {"heads", 2}, {"norm", norm}};
    return model_warnings(make_spec(config, model_registry(), "a"));
  };
  for (const char* type : {"gpt", "seq2seq"}) {
    INFO(type);
    CHECK(warnings(type, "layer_norm").empty());
    REQUIRE(warnings(type, "instance_norm").size() == 1);
    CHECK_THAT(warnings(type, {{"type", "rms_norm"}, {"ffn", "batch_norm"}}).front(),
               ContainsSubstring("the statistics of batch_norm run over positions"));
    CHECK(warnings(type, "switchable_norm").size() == 1);
  }
  CHECK(warnings("encoder", "instance_norm").empty());
}

}  // namespace norma
