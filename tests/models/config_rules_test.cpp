// Choices of a model's config that do not go together are faults of the config, with their place.
#include <nlohmann/json.hpp>

#include "tests/catch.h"
#include "tests/models/small_models.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

void check_refused(const Json& config, const std::string& place, const std::string& reason) {
  INFO(config.dump());
  const std::vector<std::string> faults = model_faults(config);
  REQUIRE(faults.size() == 1);
  CHECK_THAT(faults[0], ContainsSubstring(place + ": "));
  CHECK_THAT(faults[0], ContainsSubstring(reason));
}

Json gpt(const Json& more) {
  Json config{{"type", "gpt"}, {"layers", 3}, {"width", 12}, {"heads", 2}};
  config.update(more);
  return config;
}
Json of_type(const char* type, const Json& more) {
  Json config{{"type", type}};
  config.update(more);
  return config;
}

}  // namespace

TEST_CASE("models: what a placement does not find around it is a fault of the config",
          "[models][config]") {
  const Json post{{"type", "mix_ln"}, {"post_blocks", 4}};
  check_refused(gpt({{"placement", post}}), "placement", "post_blocks at most 3");
  CHECK(model_faults(gpt({{"placement", post}, {"layers", 4}})).empty());

  check_refused(gpt({{"placement", "ngpt"}, {"qk_norm", "rms_norm"}}), "placement",
                "another beside `qk_norm`");
  check_refused(gpt({{"placement", "ngpt"}, {"kv_heads", 1}}), "kv_heads", "share their gains");
  check_refused(
      gpt({{"placement", "parallel"}, {"norm", {{"type", "rms_norm"}, {"ffn", "layer_norm"}}}}),
      "norm", "one norm serves attn and ffn");
  check_refused(of_type("seq2seq", {{"placement", "ngpt"}}), "placement",
                "says nothing of attention to another sequence");
  check_refused(of_type("seq2seq", {{"placement", "re_zero"}}), "placement",
                "knows no third sublayer");
  CHECK(model_faults(of_type("seq2seq", {{"placement", "sub_ln"}})).empty());
}

TEST_CASE("models: groups and norms that fit no layer are faults of the config",
          "[models][config]") {
  const auto nfnet = [](int64_t width, int64_t group) {
    return of_type("nfnet", {{"block", "bottleneck"}, {"width", width}, {"group_width", group}});
  };
  check_refused(nfnet(16, 3), "group_width", "half the channels");
  check_refused(nfnet(5, 2), "group_width", "half the channels");  // 2, but then 5
  CHECK(model_faults(nfnet(16, 4)).empty());
  check_refused(of_type("lstm", {{"norm", "batch_norm"}}), "norm", "one position at a time");
  check_refused(of_type("lstm", {{"norm", {{"cell", "instance_norm"}}}}), "norm",
                "one position at a time");
}

TEST_CASE("models: such faults are all told at once", "[models][config]") {
  CHECK(model_faults(gpt({{"placement", {{"type", "mix_ln"}, {"post_blocks", 4}}},
                          {"width", 13},
                          {"share_layers", 2}}))
            .size() == 3);
}

}  // namespace norma
