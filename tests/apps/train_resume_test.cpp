// The program `train`, killed, interrupted and resumed: the same bits as if nothing had happened.
#include <signal.h>

#include <chrono>
#include <random>
#include <thread>

#include "core/io/checkpoint.h"
#include "tests/apps/training_runs.h"
#include "tests/catch.h"

namespace norma {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

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
  for (const Words& command :
       {kSmallGpt, kSmallResnet, with(kSmallGpt, {"train.precision=bf16"})}) {
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

TEST_CASE("train: --verify-resume compares every bit", "[apps]") {
  const Ended ended =
      run_program_as_user(with(kSmallResnet, {"--verify-resume", "6", "train.ema=0.9"}));
  INFO(ended.err);
  CHECK(ended.code == 0);
  CHECK_THAT(ended.out, ContainsSubstring("resumed after step 3 of 6"));
}

}  // namespace norma
