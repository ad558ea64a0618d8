// What a backward computes again is what the forward had, to the bit, and takes less memory.
#include "core/pool.h"
#include "tests/apps/stateful_trainings.h"
#include "tests/catch.h"

namespace norma {
namespace {

RunConfig recomputing(RunConfig config, const char* what) {
  config.train.recompute = what;
  return config;
}

void check_same_bits(const RunConfig& config) {
  INFO(config.model.type << " " << config.train.precision);
  const std::vector<std::byte> kept = state_after_steps(recomputing(config, "none"), 2);
  for (const char* what : {"norms", "norms_and_activations"}) {
    INFO(what);
    const bool same = state_after_steps(recomputing(config, what), 2) == kept;
    CHECK(same);
  }
}

void check_in_all_precisions(RunConfig config) {
  for (const char* precision : {"fp32", "bf16", "fp64"}) {
    config.train.precision = precision;
    check_same_bits(config);
  }
}

int64_t peak_of_a_step(const RunConfig& config) {
  Training training(config);
  training.step();
  reset_pool_peak();
  training.step();
  return static_cast<int64_t>(pool_statistics().peak_in_use);
}

}  // namespace

TEST_CASE("recompute: every norm leaves the same bits", "[apps]") {
  for (const Entry* entry : norm_registry().entries()) {
    INFO(entry->type);
    for (const RunConfig& config : trainings({{"norm", with_all_state(entry->type)}}))
      check_same_bits(config);
  }
}

TEST_CASE("recompute: precisions, gates, placements and padding leave the same bits", "[apps]") {
  const Json models[] = {Json::object(),
                         {{"ffn", {{"activation", "swiglu"}}}},
                         {{"ffn", {{"activation", "relu"}}}},
                         {{"placement", "post"}},
                         {{"placement", "sub_ln"}},
                         {{"placement", "ada_zero"}, {"condition", "first"}},
                         {{"placement", "sandwich"}, {"dropout", 0.1}}};
  for (const Json& more : models) {
    INFO(more.dump());
    check_in_all_precisions(token_training(more));
  }
  check_in_all_precisions(image_training(Json::object()));
  const Json text{{"type", "text"}, {"source", "synthetic"}};
  const Json encoder{
      {"model", {{"type", "encoder"}, {"layers", 2}, {"width", 16}, {"heads", 2}, {"context", 16}}},
      {"data", {{"type", "masked_tokens"}, {"text", text}}},
      {"train", {{"steps", 4}, {"batch", 3}}}};
  check_same_bits(run_config_of(encoder));
}

TEST_CASE("recompute: a step holds no output that only products read", "[apps]") {
  constexpr int64_t kLayers = 4, kWidth = 32, kBatch = 16, kContext = 64;
  const Json json{{"model",
                   {{"type", "gpt"},
                    {"layers", kLayers},
                    {"width", kWidth},
                    {"heads", 2},
                    {"context", kContext}}},
                  {"data", {{"type", "text"}, {"source", "synthetic"}}},
                  {"train", {{"steps", 4}, {"batch", kBatch}}}};
  const RunConfig config = run_config_of(json);
  const int64_t none = peak_of_a_step(recomputing(config, "none"));
  const int64_t norms = peak_of_a_step(recomputing(config, "norms"));
  const int64_t both = peak_of_a_step(recomputing(config, "norms_and_activations"));
  // A layer has two norms of the model's width and an activation four times as wide. Of one layer
  // they are in use again where the backward begins, at the peak.
  const int64_t numbers = int64_t{sizeof(float)} * kBatch * kContext * kWidth;
  CHECK(none - norms >= 2 * (kLayers - 1) * numbers);
  CHECK(norms - both >= 4 * (kLayers - 1) * numbers);
}

}  // namespace norma
