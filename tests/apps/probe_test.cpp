// Probes leave no trace in a training, whatever it holds, and no code of theirs runs without them.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "apps/gauges/probe/presets.h"
#include "apps/gauges/probe/run_probe.h"
#include "apps/gauges/probe/watcher.h"
#include "tests/apps/probed_trainings.h"
#include "tests/apps/training_runs.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// Every bit that a step leaves.
std::string bits_after(const Training& training, const StepReport& report) {
  std::string bits(reinterpret_cast<const char*>(&report.loss), sizeof report.loss);
  bits.append(reinterpret_cast<const char*>(&report.grad_norm), sizeof report.grad_norm);
  for (const auto& [file, views] : training.snapshot().tensors)
    for (const io::TensorView& view : views)
      bits.append(reinterpret_cast<const char*>(view.data), view.bytes);
  return bits;
}

// Steps with a probe before every third, and an evaluation between; "off": without one,
// "landscape": with a look at the loss around the weights and nothing else.
std::vector<std::string> probed_steps(const Json& json, const std::string& preset) {
  Training training(probed_config(json));
  std::optional<Probe> probe;
  if (preset == "landscape")
    probe.emplace(preset_named("off"), everything_around());
  else if (preset != "off")
    probe.emplace(preset_named(preset));
  std::vector<std::string> states;
  for (int step = 0; step < 7; ++step) {
    const bool probed = probe && step % 3 == 0;
    if (probed) probe->before_step(training);
    const StepReport report = training.step();
    if (probed) probe->after_step(training, report);
    if (probe && step == 4) probe->look(training);
    states.push_back(bits_after(training, report));
    if (const auto evaluated = training.evaluate(Split::kTest))
      states.back() += std::to_string(evaluated->loss);
  }
  return states;
}

}  // namespace

TEST_CASE("probe: a probed training leaves the same bits as one that is not", "[probe]") {
  for (const Json& json : {gpt_with_state(), resnet_with_state()}) {
    const int64_t before = probe_code_executed();
    const std::vector<std::string> plain = probed_steps(json, "off");
    CHECK(probe_code_executed() == before);
    for (const char* preset : {"light", "full", "landscape"}) {
      INFO(preset);
      CHECK(probed_steps(json, preset) == plain);
      CHECK(probe_code_executed() > before);
    }
  }
}

TEST_CASE("probe: unknown gauges are refused, with the nearest", "[probe]") {
  Json config = gpt_with_state();
  config["probe"]["gauges"] = {"histogram", "kurtosi"};
  CHECK_THROWS_WITH(probed_config(config),
                    ContainsSubstring("kurtosi is none, did you mean kurtosis?"));
  config["probe"]["gauges"] = {"histogram", 3};
  CHECK_THROWS_WITH(probed_config(config), ContainsSubstring("3 is none"));
  ProbeOptions options;
  options.gauges = {"kurtosi"};
  CHECK_THROWS_WITH(Probe(options), ContainsSubstring("kurtosis?"));
  for (const ProbePreset& preset : probe_presets())
    for (const std::string& name : preset.gauges) CHECK(gauge_registry().find(name));
}

TEST_CASE("probe: a training keeps records, through stops and kills, without a trace", "[probe]") {
  const Words options{"train.steps=10", "train.checkpoint_every=2", "train.eval_every=5",
                      "train.eval_samples=16"};
  const Words probed{"probe.preset=light", "probe.every=3"};
  for (const Words& command : {kSmallGpt, kSmallResnet}) {
    TemporaryFolder folder;
    const auto to = [&](const char* name) { return (folder / name).string(); };
    const auto run = [&](const Words& more) {
      const Ended ended = run_program_as_user(with(with(command, options), more), 2);
      INFO(ended.err);
      REQUIRE(ended.code == 0);
    };
    run({"--out", to("plain")});
    run(with(probed, {"--out", to("whole")}));
    CHECK(fingerprint(folder / "whole") == fingerprint(folder / "plain"));

    ChildProgram program(with(with(command, options), with(probed, {"--out", to("killed")})));
    wait_for_step(program, folder / "killed", 5);
    program.send(SIGKILL);
    program.wait();
    const Ended resumed = run_program_as_user({"train", "--resume", to("killed")}, 2);
    INFO(resumed.err);
    REQUIRE(resumed.code == 0);
    CHECK(fingerprint(folder / "killed") == fingerprint(folder / "plain"));
    const std::string records = read_bytes(folder / "killed/probe.jsonl");
    CHECK(records == read_bytes(folder / "whole/probe.jsonl"));
    std::vector<int64_t> steps;
    std::istringstream lines(records);
    for (std::string line; std::getline(lines, line);)
      steps.push_back(Json::parse(line)["step"].get<int64_t>());
    CHECK(steps == std::vector<int64_t>{0, 3, 6, 9, 10});
  }
}

TEST_CASE("probe: a run that was looked at goes on with its records", "[probe]") {
  TemporaryFolder folder;
  const std::string run = (folder / "run").string();
  const auto done = [](const Words& words) {
    const Ended ended = run_program_as_user(words, 2);
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    return ended.out;
  };
  done(with(kSmallGpt, {"train.steps=6", "train.checkpoint_every=2", "probe.preset=light",
                        "probe.every=3", "--out", run}));
  done({"probe", run, "--at", "step", "4"});  // its record stands between others
  done({"probe", run});
  done({"train", "--resume", run, "train.steps=9"});
  std::vector<int64_t> steps;
  std::istringstream lines(read_bytes(folder / "run/probe.jsonl"));
  for (std::string line; std::getline(lines, line);)
    steps.push_back(Json::parse(line)["step"].get<int64_t>());
  CHECK(steps == std::vector<int64_t>{0, 3, 4, 6, 9});
}

TEST_CASE("probe: --list names every gauge, and words may follow --at", "[probe]") {
  const Ended list = run_program_as_user({"probe", "--list"});
  for (const Entry* gauge : gauge_registry().entries())
    CHECK_THAT(list.out, ContainsSubstring("  " + gauge->type + " "));
  TemporaryFolder folder;
  const Words config(kSmallGpt.begin() + 1, kSmallGpt.end());
  Words words = with({"probe"}, {config[0], "--at", "every", "2", "train.steps=4"});
  words.insert(words.end(), config.begin() + 1, config.end());
  const Ended ended =
      run_program_as_user(with(words, {"--preset", "light", "--out", folder.path().string()}), 2);
  INFO(ended.err);
  CHECK(ended.code == 0);
  CHECK_THAT(ended.out, ContainsSubstring("after 4 steps"));
}

TEST_CASE("probe: the command prints tables and writes records", "[probe]") {
  TemporaryFolder folder;
  const auto to = [&](const char* name) { return (folder / name).string(); };
  const Words small(kSmallResnet.begin() + 1, kSmallResnet.end());
  const auto probed = [&](const Words& words) {
    Ended ended = run_program_as_user(with({"probe"}, words), 2);
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    return ended.out;
  };
  const auto steps_in = [&](const std::string& run) {
    std::vector<int64_t> steps;
    std::istringstream lines(read_bytes(std::filesystem::path(run) / "probe.jsonl"));
    for (std::string line; std::getline(lines, line);)
      steps.push_back(Json::parse(line)["step"].get<int64_t>());
    return steps;
  };
  CHECK_THAT(probed(with(small, {"--at", "init", "--out", to("init")})),
             ContainsSubstring("stages.2.0.conv1"));
  CHECK(steps_in(to("init")) == std::vector<int64_t>{0});
  probed(with(small,
              {"train.steps=4", "--at", "every", "2", "--preset", "light", "--out", to("every")}));
  CHECK(steps_in(to("every")) == std::vector<int64_t>{0, 2, 4});

  const std::string around = probed(with(small, {"--landscape", "--slice", "line", "--line-points",
                                                 "3", "--eval-mode", "--out", to("around")}));
  CHECK_THAT(around, ContainsSubstring("landscape of the loss, eval mode") &&
                         ContainsSubstring("effective β-smoothness") &&
                         ContainsSubstring("loss on the line") &&
                         ContainsSubstring("two projections"));
  CHECK_THAT(read_bytes(folder / "around/probe.html"), ContainsSubstring("landscape_line"));
  CHECK(run_program_as_user(with({"probe"}, with(small, {"--slice", "line"}))).code == 2);

  const Ended trained = run_program_as_user(
      with(kSmallResnet, {"train.steps=4", "train.eval_samples=16", "--out", to("run")}), 2);
  REQUIRE(trained.code == 0);
  const std::string before = fingerprint(folder / "run");
  probed({to("run")});
  probed({to("run"), "--at", "step", "2"});
  CHECK(steps_in(to("run")) == std::vector<int64_t>{2, 4});
  CHECK(fingerprint(folder / "run") == before);
  const Ended other =
      run_program_as_user(with(kSmallResnet, {"train.steps=4", "train.eval_samples=16",
                                              "model.norm=instance_norm", "--out", to("other")}),
                          2);
  REQUIRE(other.code == 0);
  CHECK_THAT(probed({to("run"), to("other"), "--out", to("both")}),
             ContainsSubstring("grad rms B"));
  CHECK(steps_in(to("both/run")) == std::vector<int64_t>{4});

  CHECK_THAT(probed({"--explain", "kurtosis"}), ContainsSubstring("/Var²"));
  CHECK_THAT(probed({"--list"}), ContainsSubstring("preset light, in a training every 100 steps"));
  CHECK(run_program_as_user({"probe", "--explain", "kurtosi"}).code == 2);
  CHECK(run_program_as_user({"probe", to("run"), "--at", "step"}).code == 2);
  CHECK(run_program_as_user({"probe", to("run"), "--at", "step", "9"}).code == 2);
}

}  // namespace norma
