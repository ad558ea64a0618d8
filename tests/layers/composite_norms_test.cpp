// Norms with options beyond their defaults, and combinations of norms.
#include <nlohmann/json.hpp>

#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/gradcheck.h"
#include "tests/layers/norm_specs.h"

using Catch::Matchers::ContainsSubstring;

namespace norma {
namespace {

std::vector<std::string> faults_of(const Json& spec) {
  try {
    make_spec(spec, norm_registry(), "norm");
  } catch (const ConfigError& error) {
    std::vector<std::string> lines;
    for (const Fault& fault : error.faults()) lines.push_back(fault.str());
    return lines;
  }
  return {};
}

const Json kRows = {"layer_norm", "rms_norm", "dyt"};
const Json kColumns = {{{"type", "batch_norm"}},
                       {{"type", "group_norm"}, {"groups", 3}},
                       {{"type", "instance_norm"}, {"affine", true}}};

}  // namespace

TEST_CASE("gradients of norms that measure part of a row", "[layers]") {
  for (const int64_t channels : {15, 17, 33})
    for (const double share : {0.0667, 0.5, 0.97}) {
      const Json spec{{"type", "rms_norm"}, {"partial", share}};
      gradcheck(maker_of(spec, channels), {.input = {3, 5, channels}});
      gradcheck(maker_of(spec, channels),
                {.input = {5, 6, channels}, .mask = mask_with_gaps(5, 6)});
    }
}

TEST_CASE("a share of a row that holds no channel is refused", "[layers]") {
  ParamSet params(DType::kFloat32, 1);
  CHECK_THROWS_WITH(maker_of({{"type", "rms_norm"}, {"partial", 0.1}}, 9)(Scope(params)),
                    ContainsSubstring("9 channels"));
  CHECK(faults_of({{"type", "rms_norm"}, {"partial", 1.5}}).size() == 1);
}

TEST_CASE("a combination mixes domains where its norms differ in theirs, in any order",
          "[layers]") {
  const auto mixes = [](const Json& norms) {
    const Spec spec = make_spec(Json{{"type", "mixture"}, {"norms", norms}}, norm_registry(), "a");
    return norm_registry().at(spec.type).define(spec).traits.mixes_domains;
  };
  CHECK_FALSE(mixes({"layer_norm", "rms_norm"}));
  CHECK(mixes({"layer_norm", "batch_norm"}));
  CHECK(mixes({"batch_norm", "layer_norm"}));
  CHECK(mixes({"switchable_norm"}));
}

TEST_CASE("gradients of combinations of norms", "[layers]") {
  for (const char* type : {"sequence", "mixture"}) {
    INFO(type);
    for (const int64_t channels : {15, 33}) {
      gradcheck(maker_of({{"type", type}, {"norms", kRows}}, channels),
                {.input = {3, 5, channels}});
      gradcheck(maker_of({{"type", type}, {"norms", kColumns}}, channels),
                {.input = {4, 3, 3, channels}, .float32_tolerance = 1e-3});
      gradcheck(
          maker_of({{"type", type}, {"norms", kColumns}}, channels),
          {.input = {5, 9, channels}, .mask = mask_with_gaps(5, 9), .float32_tolerance = 1e-3});
    }
  }
  gradcheck(maker_of({{"type", "mixture"},
                      {"norms", {{{"type", "sequence"}, {"norms", kRows}}, "rms_norm"}}},
                     17),
            {.input = {3, 5, 17}});
}

TEST_CASE("a mixture starts as the mean of its norms", "[layers]") {
  ParamSet params(DType::kFloat64, 1);
  const auto norm =
      maker_of({{"type", "mixture"}, {"norms", {"identity", "affine"}}}, 3)(Scope(params));
  params.materialize();
  Context ctx;
  const Tensor x = Tensor::from(std::vector<double>{1, -2, 3}, {1, 3}, DType::kFloat64);
  CHECK((*norm)(ctx, Var{x}).value.to_vector() == x.to_vector());
  CHECK(params.find("logits")->numel() == 2);
  CHECK(params.find("norms.1.weight") != nullptr);
}

TEST_CASE("the norms of a combination are read strictly", "[config]") {
  const Spec spec =
      make_spec(Json{{"type", "sequence"}, {"norms", {"rms_norm"}}}, norm_registry(), "norm");
  CHECK(spec.options->at("norms").at(0).at("eps") == 1e-6);  // defaults are filled in
  const std::vector<std::string> faults = faults_of({{"type", "mixture"},
                                                     {"norms",
                                                      {{{"type", "rms_norm"}, {"esp", 1}},
                                                       "layer_nrom",
                                                       {{"type", "sequence"}, {"norms", {3}}}}}});
  REQUIRE(faults.size() == 3);
  CHECK_THAT(faults[0], ContainsSubstring("norms.0.esp") && ContainsSubstring("eps"));
  CHECK_THAT(faults[1], ContainsSubstring("norms.1") && ContainsSubstring("layer_norm"));
  CHECK_THAT(faults[2], ContainsSubstring("norms.2.norms.0"));
  CHECK_THAT(faults_of({{"type", "mixture"}, {"norms", Json::array()}}).at(0),
             ContainsSubstring("norms: found [], expected a list"));
}

}  // namespace norma
