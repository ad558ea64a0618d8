// Every architecture that is more than a GPT, trained for a few steps by its shipped config.
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/config/json.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// The shipped configs, made small.
const std::vector<Words> kArchitectures{
    {"configs/kjv_encoder.json", "data.text.source=synthetic", "model.layers=2", "model.width=32",
     "model.context=32", "train.batch=8"},
    {"configs/kjv_albert.json", "data.source=synthetic", "model.width=24", "model.heads=2",
     "model.context=32", "model.dropout=0.1", "train.batch=8"},
    {"configs/kjv_moe.json", "data.source=synthetic", "model.layers=2", "model.width=32",
     "model.ffn.hidden=24", "model.context=32", "train.batch=8", "train.accumulate=2"},
    {"configs/kjv_lstm.json", "data.source=synthetic", "model.width=16", "model.hidden=32",
     "model.context=16", "model.layers=2", "train.batch=8"},
    {"configs/number_names_seq2seq.json", "model.width=32", "model.heads=2", "train.batch=16",
     "data.train_samples=500"}};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Ended train(const Words& config, const Words& more, int threads = 2) {
  return run_program_as_user(
      with({"train"}, with(config, with({"train.eval_every=0", "train.eval_samples=16"}, more))),
      threads);
}

std::vector<Json> metrics_of(const fs::path& run) {
  std::istringstream lines(read_bytes(run / "metrics.jsonl"));
  std::vector<Json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
  return all;
}

}  // namespace

TEST_CASE("architectures: the loss falls, by the same bits with one and two threads", "[apps]") {
  for (const Words& config : kArchitectures) {
    INFO(config.front());
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

TEST_CASE("architectures: resumed trainings equal uninterrupted ones", "[apps]") {
  for (const Words& config : kArchitectures) {
    INFO(config.front());
    const Ended ended = train(config, {"--verify-resume", "6"});
    INFO(ended.err);
    CHECK(ended.code == 0);
  }
}

TEST_CASE("architectures: what layers measure stands in the metrics", "[apps]") {
  TemporaryFolder folder;
  const auto metrics = [&](const Words& config, const char* name) {
    const Ended ended = train(config, {"train.steps=2", "--out", (folder / name).string()});
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    return metrics_of(folder / name);
  };
  const std::vector<Json> moe = metrics(kArchitectures[2], "moe");
  CHECK(moe[0].at("train/dropped_tokens").get<double>() > 0);
  CHECK(moe[0].at("train/load_balance").get<double>() > 0.5);
  CHECK(moe[2].at("val/dropped_tokens").get<double>() == 0);
  const std::vector<Json> seq2seq = metrics(kArchitectures[4], "seq2seq");
  CHECK(seq2seq[2].contains("val/exact_match"));
}

TEST_CASE("architectures: dry runs and samples", "[apps]") {
  for (const Words& config : kArchitectures) {
    INFO(config.front());
    const Ended ended = train(config, {"--dry-run"});
    INFO(ended.err);
    CHECK(ended.code == 0);
    CHECK_THAT(ended.out, Catch::Matchers::ContainsSubstring("floating-point operations"));
  }
  TemporaryFolder folder;
  const auto sampled = [&](size_t number) {
    const std::string run = (folder / std::to_string(number)).string();
    const Ended trained = train(kArchitectures[number], {"train.steps=2", "--out", run});
    INFO(trained.err);
    REQUIRE(trained.code == 0);
    return run_program_as_user({"sample", run, "--prompt", "the ", "-n", "70"});
  };
  for (const size_t writes : {1, 2, 3}) {
    const Ended ended = sampled(writes);
    INFO(ended.err);
    CHECK(ended.code == 0);
    CHECK(ended.out.size() == 4 + 70 + 1);
  }
  for (const size_t other : {0, 4}) {
    const Ended ended = sampled(other);
    CHECK(ended.code == 2);
    CHECK_THAT(ended.err, Catch::Matchers::ContainsSubstring("its model does not write text"));
  }
}

}  // namespace norma
