// The program `train`, run as a user runs it: what it refuses, and what it leaves in a run folder.
#include "core/io/checkpoint.h"
#include "core/io/safetensors.h"
#include "tests/apps/training_runs.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/paths.h"

namespace norma {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

}  // namespace

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

TEST_CASE("train: --dry-run shows the tree and writes nothing", "[apps]") {
  TemporaryFolder folder;
  const Ended ended =
      run_program_as_user(with(kSmallResnet, {"--dry-run", "--out", (folder / "run").string()}));
  CHECK(ended.code == 0);
  for (const char* word : {"downsample", "parameters", "floating-point operations"})
    CHECK_THAT(ended.out, ContainsSubstring(word));
  CHECK_FALSE(fs::exists(folder / "run"));
}

// The bytes that a summary's line "peak memory" names.
double promised_peak(const std::string& summary) {
  const size_t line = summary.find("peak memory");
  REQUIRE(line != std::string::npos);
  std::istringstream words(summary.substr(line + std::string("peak memory").size()));
  double number = 0;
  std::string unit;
  words >> number >> unit;
  for (const char* each : {"B", "KiB", "MiB", "GiB"}) {
    if (unit == std::string(each) + ",") return number;
    number *= 1024;
  }
  FAIL("no unit of bytes: " << unit);
  return 0;
}

TEST_CASE("train: --dry-run tells the memory that the training will take", "[apps]") {
  const Words small_lstm{"train",          "configs/kjv_lstm.json", "data=selective_copy",
                         "model.width=32", "model.context=80",      "train.batch=16"};
  for (const Words& command : {kSmallGpt, kSmallResnet, small_lstm}) {
    TemporaryFolder folder;
    const Ended dry = run_program_as_user(with(command, {"--dry-run"}));
    INFO(dry.err);
    REQUIRE(dry.code == 0);
    const Ended ended =
        run_program_as_user(with(command, {"train.steps=4", "--out", (folder / "run").string()}));
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    double peak = 0;
    for (const Json& line : metrics_of(folder / "run"))
      if (line.contains("peak_bytes")) peak = line["peak_bytes"].get<double>();
    CHECK(promised_peak(dry.out) == Approx(peak).epsilon(0.03));
  }
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
    if (file.path().filename() == "schema.json" || file.is_directory()) continue;
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
