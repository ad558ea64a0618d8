// The program `train`, run as a user runs it.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <thread>

#include "core/config/json.h"
#include "core/io/checkpoint.h"
#include "core/io/safetensors.h"
#include "core/io/sha256.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/paths.h"

namespace norma {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Words = std::vector<std::string>;

// A GPT, small enough for a test, with everything that has a state of its own: dropout, an average
// of weights, two micro-batches.
const Words kSmallGpt{"train",
                      "configs/quickstart.json",
                      "data=selective_copy",
                      "model.layers=2",
                      "model.width=32",
                      "model.heads=2",
                      "model.dropout=0.1",
                      "train.ema=0.9",
                      "train.accumulate=2",
                      "train.batch=8"};
// The same for running statistics.
const Words kSmallResnet{"train",         "configs/fashion_resnet20.json",
                         "data=shapes",   "model.depth=8",
                         "model.width=8", "train.batch=16"};
const Words kSpirals{"train", "configs/spirals_mlp.json"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<Json> metrics_of(const fs::path& run) {
  std::istringstream lines(read_bytes(run / "metrics.jsonl"));
  std::vector<Json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
  return all;
}

// What two runs that did the same must share: weights, optimizer, and metrics but for times and
// memory, which are the machine's.
std::string fingerprint(const fs::path& run) {
  std::string text;
  const auto newest = io::newest_checkpoint(run / "checkpoints");
  REQUIRE(newest);
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "average.safetensors"})
    if (fs::exists(*newest / file)) text += io::sha256_of(read_bytes(*newest / file)) + "\n";
  text += io::sha256_of(read_bytes(run / "model.safetensors")) + "\n";
  for (Json& line : metrics_of(run)) {
    for (const char* timing : {"ms", "tokens_per_s", "samples_per_s", "pool_misses", "peak_bytes"})
      line.erase(timing);
    text += line.dump() + "\n";
  }
  return text;
}

void wait_for_step(ChildProgram& program, const fs::path& run, int64_t step) {
  const std::string wanted = "{\"step\":" + std::to_string(step) + ",";
  while (program.running() && read_bytes(run / "metrics.jsonl").find(wanted) == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

// Trains once through, and once killed again and again; both must leave the same.
void check_same_bits_after_kills(const Words& command, int64_t steps, int kills) {
  TemporaryFolder folder;
  const Words options{"train.steps=" + std::to_string(steps), "train.checkpoint_every=3",
                      "train.eval_every=7", "train.eval_samples=16"};
  const auto to = [&](const char* name) { return (folder / name).string(); };
  const Ended whole = run_program_as_user(with(with(command, options), {"--out", to("whole")}));
  INFO(whole.err);
  REQUIRE(whole.code == 0);

  std::mt19937 random(static_cast<unsigned>(steps));
  int64_t reached = 0;
  for (int kill = 0; kill < kills; ++kill) {
    const Words start = kill == 0 ? with(with(command, options), {"--out", to("killed")})
                                  : Words{"train", "--resume", to("killed")};
    ChildProgram program(start);
    reached += std::uniform_int_distribution<int64_t>(1, steps / (kills + 1))(random);
    wait_for_step(program, folder / "killed", reached);
    program.send(SIGKILL);
    program.wait();
  }
  const Ended last = run_program_as_user({"train", "--resume", to("killed")}, 1);
  INFO(last.err);
  REQUIRE(last.code == 0);
  CHECK(fingerprint(folder / "killed") == fingerprint(folder / "whole"));
}

// Kills a training that saves after every step, at random moments; the newest checkpoint must load.
void check_checkpoints_survive(int kills) {
  TemporaryFolder folder;
  std::mt19937 random(5);
  int with_checkpoint = 0;
  for (int kill = 0; kill < kills; ++kill) {
    const fs::path run = folder / ("run" + std::to_string(kill % 4));
    Words command{"train", "--resume", run.string()};
    if (kill < 4)
      command = with(kSpirals, {"train.steps=1000000", "train.checkpoint_every=1",
                                "train.eval_every=3", "--out", run.string()});
    ChildProgram program(command);
    if (kill < 4) wait_for_step(program, run, 2);
    const int wait = std::uniform_int_distribution(0, 250)(random);
    std::this_thread::sleep_for(std::chrono::milliseconds(wait));
    REQUIRE(program.running());
    program.send(SIGKILL);
    program.wait();
    std::vector<std::string> skipped;
    const auto newest = io::newest_checkpoint(run / "checkpoints", &skipped);
    INFO("kill " << kill);
    REQUIRE(skipped.empty());  // not even one that has its name is damaged
    if (!newest) continue;
    ++with_checkpoint;
    REQUIRE(io::load_checkpoint(*newest).step > 0);
    REQUIRE(metrics_of(run).size() > 0);
  }
  CHECK(with_checkpoint > kills / 2);
}

}  // namespace

TEST_CASE("train: two runs, and one and two threads, leave the same bits", "[apps]") {
  for (const Words& command : {kSmallGpt, kSmallResnet}) {
    TemporaryFolder folder;
    const Words options{"train.steps=8", "train.eval_every=4", "train.eval_samples=16", "--out"};
    int made = 0;
    std::string first;
    for (const int threads : {2, 2, 1}) {
      const fs::path run = folder / std::to_string(made++);
      const Ended ended =
          run_program_as_user(with(with(command, options), {run.string()}), threads);
      INFO(ended.err);
      REQUIRE(ended.code == 0);
      if (first.empty()) first = fingerprint(run);
      CHECK(fingerprint(run) == first);
    }
  }
}

TEST_CASE("train: killed and resumed equals uninterrupted, bit for bit", "[apps]") {
  check_same_bits_after_kills(kSmallGpt, 40, 3);
  check_same_bits_after_kills(kSmallResnet, 24, 2);
}

TEST_CASE("train: kill -9 at 12 random moments leaves a loadable checkpoint", "[apps]") {
  check_checkpoints_survive(12);
}

// A minute long; run by name.
TEST_CASE("train: kill -9 at 200 random moments leaves a loadable checkpoint", "[.long]") {
  check_checkpoints_survive(200);
}

TEST_CASE("train: a first signal saves and leaves, and resuming loses nothing", "[apps]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    TemporaryFolder folder;
    const std::string run = (folder / "run").string();
    ChildProgram program(with(kSpirals, {"train.steps=100000", "--out", run}));
    wait_for_step(program, run, 20);
    program.send(signal);
    CHECK(program.wait() == 0);
    CHECK_THAT(program.err(), ContainsSubstring("--resume"));
    const auto newest = io::newest_checkpoint(folder / "run/checkpoints");
    REQUIRE(newest);
    const std::vector<Json> lines = metrics_of(run);
    CHECK(io::load_checkpoint(*newest).step == lines.back().at("step").get<int64_t>());
    CHECK_FALSE(fs::exists(folder / "run/model.safetensors"));
  }
}

TEST_CASE("train: six faults are told at once, and nothing is written", "[apps]") {
  TemporaryFolder folder;
  write_bytes(folder / "faulty.json", R"({
    "model": {"type": "gpt", "layers": -1, "norm": {"type": "rms_nrm"}, "widht": 64},
    "data": {"type": "text", "val_fraction": 2},
    "optim": {"type": "adamw", "lr": "fast"},
    "train": {"stepz": 10}
  })");
  const Ended ended = run_program_as_user(
      {"train", (folder / "faulty.json").string(), "--out", (folder / "run").string()});
  CHECK(ended.code == 2);
  CHECK(ended.out.empty());
  CHECK_THAT(ended.err, ContainsSubstring("6 faults"));
  for (const char* fault :
       {"model.layers ", "model.norm.type ", "model.widht ", "data.val_fraction ", "optim.lr ",
        "train.stepz ", "did you mean rms_norm?", "did you mean width?", "did you mean steps?"})
    CHECK_THAT(ended.err, ContainsSubstring(fault));
  CHECK_FALSE(fs::exists(folder / "run"));
}

TEST_CASE("train: a folder that holds a run is not overwritten unasked", "[apps]") {
  TemporaryFolder folder;
  const Words command = with(kSpirals, {"train.steps=5", "--out", (folder / "run").string()});
  REQUIRE(run_program_as_user(command).code == 0);
  const std::string metrics = read_bytes(folder / "run/metrics.jsonl");
  const Ended again = run_program_as_user(command);
  CHECK(again.code == 2);
  CHECK_THAT(again.err, ContainsSubstring("--overwrite") && ContainsSubstring("--resume"));
  CHECK(read_bytes(folder / "run/metrics.jsonl") == metrics);
  CHECK(run_program_as_user(with(command, {"--overwrite"})).code == 0);
  // Somebody else's folder is never taken.
  fs::create_directory(folder / "photos");
  write_bytes(folder / "photos/one.jpg", "x");
  const Words into_photos = with(kSpirals, {"--overwrite", "--out", (folder / "photos").string()});
  CHECK(run_program_as_user(into_photos).code == 2);
  CHECK(fs::exists(folder / "photos/one.jpg"));
}

TEST_CASE("train: only a run's own files are ever removed", "[apps]") {
  TemporaryFolder folder;
  const fs::path run = folder / "run";
  const Words command = with(kSpirals, {"train.steps=3", "--overwrite", "--out", run.string()});
  fs::create_directory(run);
  write_bytes(run / "config.json", "{}");  // many programs call theirs so
  write_bytes(run / "precious", "x");
  CHECK(run_program_as_user(command).code == 2);
  fs::remove(run / "config.json");
  fs::remove(run / "precious");
  REQUIRE(run_program_as_user(command).code == 0);
  write_bytes(run / "precious", "x");
  REQUIRE(run_program_as_user(command).code == 0);
  CHECK(fs::exists(run / "precious"));
}

TEST_CASE("train: two processes do not share a run folder", "[apps]") {
  TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  ChildProgram first(with(kSpirals, {"train.steps=100000", "--out", run}));
  wait_for_step(first, run, 5);
  const Ended second = run_program_as_user({"train", "--resume", run});
  CHECK(second.code == 2);
  CHECK_THAT(second.err, ContainsSubstring("another training is writing"));
  CHECK(first.running());
}

TEST_CASE("train: on resume changes are recorded, and other trainings refused", "[apps]") {
  TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  const std::string weights = (folder / "weights.safetensors").string();
  REQUIRE(run_program_as_user(with(kSpirals, {"train.steps=10", "--out", run})).code == 0);
  fs::copy(run + "/model.safetensors", weights);
  REQUIRE(run_program_as_user(with(kSpirals, {"train.steps=10", "--overwrite", "--out", run,
                                              "train.init_from=" + weights}))
              .code == 0);
  fs::remove(weights);  // the checkpoint has them now
  const Ended longer = run_program_as_user({"train", "--resume", run, "train.steps=20"});
  INFO(longer.err);
  CHECK(longer.code == 0);
  CHECK_THAT(longer.err, ContainsSubstring("other options than before: train.steps"));
  CHECK(load_json(folder / "run/config.json")["train"]["steps"] == 20);
  for (const auto& [change, reason] : {std::pair("train.steps=5", "20 steps are done"),
                                       {"train.seed=7", "began with train.seed=1"},
                                       {"data.noise=0.1", "the data are no longer"}}) {
    const Ended other = run_program_as_user({"train", "--resume", run, change});
    CHECK(other.code == 2);
    CHECK_THAT(other.err, ContainsSubstring(reason));
  }
  CHECK(run_program_as_user({"train", "--resume", (folder / "nothing").string()}).code == 2);
}

TEST_CASE("train: a run folder is complete, and its config replays it", "[apps]") {
  TemporaryFolder folder;
  const auto to = [&](const char* name) { return (folder / name).string(); };
  REQUIRE(run_program_as_user(
              with(kSpirals, {"train.steps=30", "train.eval_every=10", "--out", to("run")}))
              .code == 0);
  for (const char* file : {"config.json", "data_card.json", "metrics.jsonl", "model.safetensors"})
    CHECK(fs::exists(folder / "run" / file));
  const auto lines = metrics_of(folder / "run");
  CHECK(lines.front().at("step") == 1);
  CHECK(lines.back().contains("test/loss"));
  for (const char* key : {"train/loss", "lr", "grad_norm", "ms", "samples_per_s"})
    CHECK(lines.front().contains(key));
  REQUIRE(run_program_as_user({"train", to("run/config.json"), "--out", to("replay")}).code == 0);
  CHECK(fingerprint(folder / "replay") == fingerprint(folder / "run"));
}

TEST_CASE("train: --verify-resume compares every bit", "[apps]") {
  const Ended ended =
      run_program_as_user(with(kSmallResnet, {"--verify-resume", "6", "train.ema=0.9"}));
  INFO(ended.err);
  CHECK(ended.code == 0);
  CHECK_THAT(ended.out, ContainsSubstring("resumed after step 3 of 6"));
}

TEST_CASE("train: --dry-run shows the tree and writes nothing", "[apps]") {
  TemporaryFolder folder;
  const Ended ended =
      run_program_as_user(with(kSmallResnet, {"--dry-run", "--out", (folder / "run").string()}));
  CHECK(ended.code == 0);
  for (const char* word : {"downsample", "parameters", "floating-point operations"})
    CHECK_THAT(ended.out, ContainsSubstring(word));
  CHECK_FALSE(fs::exists(folder / "run"));
}

TEST_CASE("train: early stopping ends a run that learns no more", "[apps]") {
  TemporaryFolder folder;
  const fs::path run = folder / "run";
  const Ended ended = run_program_as_user(
      with(kSpirals, {"train.steps=400", "train.eval_every=5", "train.patience=2", "optim.lr=0",
                      "--out", run.string()}));
  INFO(ended.err);
  CHECK(ended.code == 0);
  // The first evaluation is the best there is; two more without gain end the run.
  CHECK(metrics_of(run).back().at("step") == 15);
  CHECK(io::load_checkpoint(run / "checkpoints/best").step == 5);
  // Killed between its last checkpoint and its end, it stops where it had stopped.
  fs::remove(run / "model.safetensors");
  CHECK(run_program_as_user({"train", "--resume", run.string()}).code == 0);
  CHECK(metrics_of(run).back().at("step") == 15);
  CHECK(fs::exists(run / "model.safetensors"));
}

TEST_CASE("train: weights of one run start another", "[apps]") {
  TemporaryFolder folder;
  const auto to = [&](const char* name) { return (folder / name).string(); };
  REQUIRE(run_program_as_user(with(kSpirals, {"train.steps=20", "--out", to("a")})).code == 0);
  const std::string from = "train.init_from=" + to("a/model.safetensors");
  REQUIRE(
      run_program_as_user(with(kSpirals, {"train.steps=1", "optim.lr=0", from, "--out", to("b")}))
          .code == 0);
  CHECK(read_bytes(folder / "a/model.safetensors") == read_bytes(folder / "b/model.safetensors"));
  const Ended other = run_program_as_user(
      with(kSpirals, {"train.steps=1", "model.width=32", from, "--out", to("c")}));
  CHECK(other.code == 2);
  CHECK_THAT(other.err, ContainsSubstring("has the shape"));
  CHECK_FALSE(fs::exists(folder / "c"));
}

TEST_CASE("train: numbers that are no longer finite end in a post-mortem that replays", "[apps]") {
  TemporaryFolder folder;
  const auto to = [&](const char* name) { return (folder / name).string(); };
  REQUIRE(run_program_as_user(with(kSpirals, {"train.steps=1", "--out", to("a")})).code == 0);
  // One weight of the second layer becomes infinite.
  const io::SafetensorsFile sound = io::SafetensorsFile::open(folder / "a/model.safetensors");
  std::vector<io::TensorView> tensors;
  std::vector<float> broken;
  std::string culprit;
  for (const std::string& name : sound.names()) {
    io::TensorView tensor = sound.at(name);
    if (culprit.empty() && name.find(".1.") != std::string::npos && tensor.shape.size() == 2) {
      const float* values = reinterpret_cast<const float*>(tensor.data);
      broken.assign(values, values + tensor.bytes / sizeof(float));
      broken[3] = std::numeric_limits<float>::infinity();
      tensor.data = reinterpret_cast<const std::byte*>(broken.data());
      culprit = name.substr(0, name.rfind('.'));
    }
    tensors.push_back(tensor);
  }
  REQUIRE_FALSE(culprit.empty());
  io::write_safetensors(folder / "broken.safetensors", tensors);

  const Ended ended = run_program_as_user(
      with(kSpirals, {"train.init_from=" + to("broken.safetensors"), "--out", to("b")}));
  CHECK(ended.code == 1);
  CHECK_THAT(ended.err, ContainsSubstring("first non-finite output: " + culprit));
  CHECK_THAT(read_bytes(folder / "b/post_mortem/report.txt"), ContainsSubstring(culprit));
  const Ended replay = run_program_as_user({"train", "--resume", to("b/post_mortem")});
  CHECK(replay.code == 1);
  CHECK_THAT(replay.err, ContainsSubstring("first non-finite output: " + culprit));
}

TEST_CASE("train: the schema in configs/ is the program's own", "[apps]") {
  const Ended ended = run_program_as_user({"train", "--print-schema"});
  CHECK(ended.code == 0);
  CHECK(ended.out == read_bytes(source_dir() / "configs/schema.json"));
}

TEST_CASE("train: every shipped config is valid", "[apps]") {
  for (const auto& file : fs::directory_iterator(source_dir() / "configs")) {
    if (file.path().filename() == "schema.json") continue;
    const Ended ended = run_program_as_user({"train", file.path().string(), "--print-config"});
    INFO(ended.err);
    CHECK(ended.code == 0);
  }
}

TEST_CASE("train: a steady step asks the system for no memory", "[apps]") {
  for (const Words& command : {kSmallGpt, kSmallResnet}) {
    TemporaryFolder folder;
    REQUIRE(
        run_program_as_user(with(command, {"train.steps=6", "--out", (folder / "run").string()}))
            .code == 0);
    std::vector<int64_t> misses;
    for (const Json& line : metrics_of(folder / "run"))
      if (line.contains("pool_misses")) misses.push_back(line["pool_misses"].get<int64_t>());
    REQUIRE(misses.size() == 6);
    CHECK(misses.back() == misses[1]);
  }
}

}  // namespace norma
