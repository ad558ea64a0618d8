// Everything a norm or re-parametrization keeps survives a stop: trainings of small models with
// each of them, resumed from a checkpoint in a model made anew, end with the bits of uninterrupted
// ones.
#include <cstring>

#include "apps/trainer/training.h"
#include "apps/trainer/verify_resume.h"
#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/layers/norm_specs.h"
#include "tests/layers/reparametrized.h"
#include "tests/threads.h"

namespace norma {
namespace {

constexpr int64_t kModelWidth = 8;

// A training of tokens and one of images, with `more` in the model.
std::vector<RunConfig> trainings(const Json& more) {
  const Json models[] = {{{"type", "gpt"}, {"layers", 2}, {"width", kModelWidth}, {"heads", 2}},
                         {{"type", "resnet"}, {"depth", 8}, {"width", kModelWidth}}};
  const Json data[] = {
      {{"type", "selective_copy"}, {"length", 6}, {"items", 2}, {"train_samples", 100}},
      {{"type", "shapes"}, {"size", 8}, {"samples", 64}, {"test_samples", 0}}};
  std::vector<RunConfig> all;
  for (size_t i = 0; i < 2; ++i) {
    Json model = models[i];
    model.update(more);
    const Json config{{"model", model},
                      {"data", data[i]},
                      {"optim", {{"type", "adamw"}, {"lr", 0.01}}},
                      {"train", {{"steps", 4}, {"batch", 8}, {"accumulate", 2}, {"ema", 0.9}}}};
    all.push_back(read_run_config(config, "a test", {}, nullptr));
  }
  return all;
}

// The norm with everything that it can learn and track; widths of these models are multiples of 8.
Json with_all_state(const std::string& type) {
  Json options = *affine_spec(type, kModelWidth).options;
  if (options.contains("track_running_stats")) options["track_running_stats"] = true;
  return options;
}

// What two steps leave.
std::vector<std::byte> state_after_steps(const RunConfig& config, int threads) {
  const Threads set(threads);
  Training training(config);
  training.step();
  training.step();
  std::vector<std::byte> bytes;
  for (const auto& [file, tensors] : training.snapshot().tensors)
    for (const io::TensorView& tensor : tensors)
      bytes.insert(bytes.end(), tensor.data, tensor.data + tensor.bytes);
  return bytes;
}

void check(const Json& more) {
  for (const RunConfig& config : trainings(more)) {
    INFO(config.model.type << " " << more.dump());
    CHECK_NOTHROW(verify_resume(config, 4));
    const std::vector<std::byte> one = state_after_steps(config, 1);
    const int64_t regions = parallel_regions_opened();
    const bool same = state_after_steps(config, 2) == one;
    CHECK(same);
    CHECK(parallel_regions_opened() > regions);  // the second run did use both
  }
}

bool has_buffers(const Json& more) {
  Training training(trainings(more)[1]);
  return !training.params().buffers().empty();
}

}  // namespace

TEST_CASE("resume: every norm's state, bit for bit, with one and two threads", "[apps]") {
  int stateful = 0;
  for (const Entry* entry : norm_registry().entries()) {
    const Json more{{"norm", with_all_state(entry->type)}};
    check(more);
    stateful += has_buffers(more);
  }
  CHECK(stateful >= 8);
}

TEST_CASE("resume: every re-parametrization's state, bit for bit, with one and two threads",
          "[apps]") {
  int stateful = 0;
  for (const Json& reparam : reparams()) {
    const Json more{{"norm", "layer_norm"}, {"reparam", reparam}};
    check(more);
    stateful += has_buffers(more);
  }
  CHECK(stateful >= 1);
}

}  // namespace norma
