// Every shipped config, made small and trained for a few steps.
#include <limits>
#include <map>
#include <set>

#include "apps/trainer/training.h"
#include "core/config/json.h"
#include "tests/apps/training_runs.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/paths.h"

namespace norma {
namespace {

namespace fs = std::filesystem;

// What makes a config small, by its name. One that has no line here fails the first test.
const std::map<std::string, Words> kCuts{
    {"quickstart",
     {"data.source=synthetic", "model.layers=2", "model.width=32", "model.context=32",
      "train.batch=8"}},
    {"kjv_gpt",
     {"data.source=synthetic", "model.layers=2", "model.width=32", "model.context=32",
      "train.batch=8"}},
    {"kjv_caps",
     {"data.source=synthetic", "model.layers=2", "model.width=32", "model.context=32",
      "train.batch=8"}},
    {"kjv_formula",
     {"data.source=synthetic", "model.layers=2", "model.width=32", "model.context=32",
      "train.batch=8"}},
    {"kjv_deep_norm",
     {"data.source=synthetic", "model.layers=3", "model.width=32", "model.context=32",
      "train.batch=8"}},
    {"kjv_weight_norm",
     {"data.source=synthetic", "model.layers=2", "model.width=32", "model.context=32",
      "train.batch=8"}},
    {"kjv_encoder",
     {"data.text.source=synthetic", "model.layers=2", "model.width=32", "model.context=32",
      "train.batch=8"}},
    {"kjv_albert",
     {"data.source=synthetic", "model.width=24", "model.heads=2", "model.context=32",
      "model.dropout=0.1", "train.batch=8"}},
    {"kjv_moe",
     {"data.source=synthetic", "model.layers=2", "model.width=32", "model.ffn.hidden=24",
      "model.context=32", "train.batch=8", "train.accumulate=2"}},
    {"kjv_lstm",
     {"data.source=synthetic", "model.width=16", "model.hidden=32", "model.context=16",
      "model.layers=2", "train.batch=8"}},
    {"number_names_seq2seq",
     {"model.width=32", "model.heads=2", "train.batch=16", "data.train_samples=500"}},
    {"fashion_resnet20",
     {"data=shapes", "data.size=16", "data.samples=500", "model.depth=8", "model.width=8",
      "train.batch=16"}},
    {"fashion_resnet20_gn_ws",
     {"data=shapes", "data.size=16", "data.samples=500", "model.depth=8", "model.width=16",
      "train.batch=32"}},
    {"fashion_nf_resnet",
     {"data=shapes", "data.size=16", "data.samples=500", "data.classes=3", "model.stages=[1, 1, 1]",
      "train.batch=32"}},
    {"fashion_vit",
     {"data=shapes", "data.size=14", "data.samples=500", "model.layers=2", "model.width=24",
      "train.batch=32"}},
    {"fashion_vit_dyt",
     {"data=shapes", "data.size=14", "data.samples=500", "model.layers=2", "model.width=24",
      "train.batch=32"}},
    {"spirals_mlp", {"model.width=16", "train.batch=32"}}};

Ended train(const std::string& config, const Words& more, int threads = 2) {
  const Words small = with({"train", "configs/" + config + ".json"}, kCuts.at(config));
  return run_program_as_user(
      with(with(small, {"train.eval_every=0", "train.eval_samples=16"}), more), threads);
}

}  // namespace

TEST_CASE("architectures: no shipped config is left out here", "[apps]") {
  std::set<std::string> shipped, cut;
  for (const auto& file : fs::directory_iterator(source_dir() / "configs"))
    if (file.path().filename() != "schema.json" && !file.is_directory())
      shipped.insert(file.path().stem().string());
  for (const auto& [config, words] : kCuts) cut.insert(config);
  CHECK(shipped == cut);
}

TEST_CASE("architectures: the loss falls, by the same bits with one and two threads", "[apps]") {
  for (const auto& [config, words] : kCuts) {
    INFO(config);
    TemporaryFolder folder;
    for (const int threads : {1, 2}) {
      const std::string run = (folder / std::to_string(threads)).string();
      const Ended ended =
          train(config, {"train.steps=30", "schedule.warmup=5", "--out", run}, threads);
      INFO(ended.err);
      REQUIRE(ended.code == 0);
    }
    CHECK(read_bytes(folder / "1/model.safetensors") == read_bytes(folder / "2/model.safetensors"));
    const std::vector<Json> metrics = metrics_of(folder / "1");
    double first = 0, last = 0;
    for (size_t i = 0; i < 5; ++i) {
      first += metrics[i].at("train/loss").get<double>();
      last += metrics[29 - i].at("train/loss").get<double>();
    }
    CHECK(last < 0.95 * first);
  }
}

// Gradients of a step are assigned or added to zeros, never to what the step before left.
TEST_CASE("architectures: no step reads the gradients of another", "[apps]") {
  for (const auto& [config, words] : kCuts) {
    INFO(config);
    const std::string path = "configs/" + config + ".json";
    const RunConfig small =
        read_run_config(parse_json(read_bytes(source_dir() / path), path), path, words, nullptr);
    Training spoiled(small), plain(small);
    for (int step = 0; step < 2; ++step) {
      for (const Param& param : spoiled.params().params())
        param.grad.fill(std::numeric_limits<double>::quiet_NaN());
      CHECK(spoiled.step().grad_norm == plain.step().grad_norm);
    }
    CHECK(spoiled.params().values().to_vector() == plain.params().values().to_vector());
  }
}

TEST_CASE("architectures: resumed trainings equal uninterrupted ones", "[apps]") {
  for (const auto& [config, words] : kCuts) {
    INFO(config);
    const Ended ended = train(config, {"--verify-resume", "6"});
    INFO(ended.err);
    CHECK(ended.code == 0);
  }
}

TEST_CASE("architectures: what layers measure stands in the metrics", "[apps]") {
  TemporaryFolder folder;
  const auto metrics = [&](const std::string& config) {
    const Ended ended = train(config, {"train.steps=2", "--out", (folder / config).string()});
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    return metrics_of(folder / config);
  };
  const std::vector<Json> moe = metrics("kjv_moe");
  CHECK(moe[0].at("train/dropped_tokens").get<double>() > 0);
  CHECK(moe[0].at("train/load_balance").get<double>() > 0.5);
  CHECK(moe[2].at("val/dropped_tokens").get<double>() == 0);
  const std::vector<Json> seq2seq = metrics("number_names_seq2seq");
  CHECK(seq2seq[2].contains("val/exact_match"));
}

TEST_CASE("architectures: dry runs and samples", "[apps]") {
  for (const auto& [config, words] : kCuts) {
    INFO(config);
    const Ended ended = train(config, {"--dry-run"});
    INFO(ended.err);
    CHECK(ended.code == 0);
    CHECK_THAT(ended.out, Catch::Matchers::ContainsSubstring("floating-point operations"));
  }
  TemporaryFolder folder;
  const auto sampled = [&](const std::string& config) {
    const std::string run = (folder / config).string();
    const Ended trained = train(config, {"train.steps=2", "--out", run});
    INFO(trained.err);
    REQUIRE(trained.code == 0);
    return run_program_as_user({"sample", run, "--prompt", "the ", "-n", "70"});
  };
  for (const char* writes : {"quickstart", "kjv_gpt", "kjv_albert", "kjv_moe", "kjv_lstm"}) {
    const Ended ended = sampled(writes);
    INFO(ended.err);
    CHECK(ended.code == 0);
    CHECK(ended.out.size() == 4 + 70 + 1);
  }
  for (const char* other : {"kjv_encoder", "number_names_seq2seq"}) {
    const Ended ended = sampled(other);
    CHECK(ended.code == 2);
    CHECK_THAT(ended.err, Catch::Matchers::ContainsSubstring("its model does not write text"));
  }
}

}  // namespace norma
