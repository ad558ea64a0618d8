// Probes leave no trace in a training, whatever it holds, and no code of theirs runs without them.
#include "apps/gauges/probe/probe.h"

#include <signal.h>

#include <nlohmann/json.hpp>

#include "apps/gauges/probe/presets.h"
#include "apps/gauges/probe/run_probe.h"
#include "apps/gauges/probe/watcher.h"
#include "core/parallel.h"
#include "tests/apps/training_runs.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/threads.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

RunConfig probed_config(const Json& json) { return read_run_config(json, "the test", {}, nullptr); }

// With everything that has a state or random numbers of its own.
Json gpt_with_state() {
  return {
      {"model",
       {{"type", "gpt"},
        {"layers", 2},
        {"width", 16},
        {"heads", 2},
        {"context", 9},
        {"dropout", 0.2},
        {"drop_path", 0.1},
        {"norm", {{"type", "rms_norm"}, {"ffn", "dyt"}}},
        {"reparam", "spectral_norm"},
        {"ffn", {{"hidden", 24}}}}},
      {"data",
       {{"type", "associative_recall"}, {"pairs", 3}, {"queries", 2}, {"keys", 5}, {"values", 4}}},
      {"optim", {{"type", "adamw"}, {"lr", 0.01}}},
      {"train", {{"steps", 12}, {"batch", 8}, {"accumulate", 2}, {"ema", 0.9}, {"eval_every", 0}}}};
}

Json resnet_with_state() {
  return {{"model",
           {{"type", "resnet"},
            {"depth", 8},
            {"width", 4},
            {"norm", "batch_norm"},
            {"drop_path", 0.2}}},
          {"data",
           {{"type", "shapes"},
            {"size", 8},
            {"channels", 1},
            {"classes", 3},
            {"samples", 60},
            {"test_samples", 10}}},
          {"optim", {{"type", "sgd"}, {"lr", 0.1}, {"momentum", 0.9}}},
          {"clip", "agc"},
          {"train", {{"steps", 12}, {"batch", 12}, {"eval_every", 0}}}};
}

ProbeOptions preset_named(const std::string& name) {
  ProbeOptions options;
  options.preset = name;
  options.every = 3;
  return options;
}

// Every bit that a step leaves.
std::string bits_after(const Training& training, const StepReport& report) {
  std::string bits(reinterpret_cast<const char*>(&report.loss), sizeof report.loss);
  bits.append(reinterpret_cast<const char*>(&report.grad_norm), sizeof report.grad_norm);
  for (const auto& [file, views] : training.snapshot().tensors)
    for (const io::TensorView& view : views)
      bits.append(reinterpret_cast<const char*>(view.data), view.bytes);
  return bits;
}

// Steps with a probe before every third, and an evaluation between; "off": without one.
std::vector<std::string> probed_steps(const Json& json, const std::string& preset) {
  Training training(probed_config(json));
  std::optional<Probe> probe;
  if (preset != "off") probe.emplace(preset_named(preset));
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

Json first_record(const Json& json, const std::string& preset) {
  Training training(probed_config(json));
  Probe probe(preset_named(preset));
  probe.before_step(training);
  return probe.after_step(training, training.step());
}

const Json& line_named(const Json& lines, const char* key, const std::string& name) {
  for (const Json& line : lines)
    if (line[key] == name) return line;
  FAIL("no line of " << name);
  return lines;
}

}  // namespace

TEST_CASE("probe: a probed training leaves the same bits as one that is not", "[probe]") {
  for (const Json& json : {gpt_with_state(), resnet_with_state()}) {
    const int64_t before = probe_code_executed();
    const std::vector<std::string> plain = probed_steps(json, "off");
    CHECK(probe_code_executed() == before);
    for (const char* preset : {"light", "full"}) {
      INFO(preset);
      CHECK(probed_steps(json, preset) == plain);
      CHECK(probe_code_executed() > before);
    }
  }
}

TEST_CASE("probe: one and two threads record the same digits", "[probe]") {
  for (const Json& json : {gpt_with_state(), resnet_with_state()}) {
    const Threads one(1);
    const std::string alone = first_record(json, "full").dump();
    const Threads two(2);
    CHECK(first_record(json, "full").dump() == alone);
  }
}

TEST_CASE("probe: batches of a step add up to what one batch shows", "[probe]") {
  Json json = gpt_with_state();
  json["model"]["dropout"] = json["model"]["drop_path"] = 0.0;
  json["train"]["precision"] = "fp64";
  json["train"]["accumulate"] = 4;
  const Json parts = first_record(json, "light");
  json["train"]["accumulate"] = 1;
  const Json whole = first_record(json, "light");
  REQUIRE(parts["modules"].size() == whole["modules"].size());
  for (size_t i = 0; i < whole["modules"].size(); ++i) {
    const Json &a = parts["modules"][i], &b = whole["modules"][i];
    if (a["op"] == "reparam") continue;  // one weight for all four
    INFO(a["path"] << " " << a["op"]);
    for (const char* pass : {"forward", "backward"})
      for (const auto& [gauge, value] : b[pass].items())
        if (value.is_number())
          CHECK(a[pass][gauge].get<double>() ==
                Approx(value.get<double>()).epsilon(1e-8).margin(1e-12));
  }
  for (size_t i = 0; i < whole["parameters"].size(); ++i)
    CHECK(parts["parameters"][i]["grad_norm"].get<double>() ==
          Approx(whole["parameters"][i]["grad_norm"].get<double>()).epsilon(1e-9));
}

TEST_CASE("probe: norms, attentions and weights tell what is their own", "[probe]") {
  const Json gpt = first_record(gpt_with_state(), "full");
  CHECK(line_named(gpt["norms"], "path", "blocks.1.ffn_norm")["saturated"].is_number());
  const Json& attention = line_named(gpt["attention"], "path", "blocks.0.attn");
  CHECK(attention["attention_entropy"]["mean"] > 0);
  CHECK(attention["attention_entropy"]["mean"] < std::log(9.0));
  CHECK(attention["largest_logit"]["heads"].size() == 2);
  CHECK(line_named(gpt["parameters"], "name", "blocks.0.ffn_norm.alpha")["scalar"] == 0.5);
  const Json& sigma =
      line_named(gpt["parameters"], "name", "blocks.0.ffn.up.weight")["spectral_norm_error"];
  const double iterated = sigma["power_iteration"], exact = sigma["exact"];
  CHECK(iterated <= exact * (1 + 1e-6));
  CHECK(iterated > 0.9 * exact);

  const Json resnet = first_record(resnet_with_state(), "full");
  CHECK(line_named(resnet["norms"], "path", "stem_norm")["statistics_gap"]["mean"].is_number());
  const Json& conv = line_named(resnet["parameters"], "name", "stages.1.0.conv2.weight");
  CHECK(conv["radial"]["scale_free"] == true);
  CHECK(conv["rotation"]["angle"] > 0);
  const double norm = conv["param_norm"];
  CHECK(conv["rotation"]["rate_over_square"].get<double>() ==
        Approx(resnet["lr"].get<double>() / (norm * norm)));
  CHECK(conv["agc_clipped"] >= 0);
  const Json& head = line_named(resnet["parameters"], "name", "head.weight");
  CHECK(head["radial"]["scale_free"] == false);
  CHECK_FALSE(head.contains("rotation"));
  CHECK_FALSE(head.contains("agc_clipped"));  // the layer of the outputs is left alone
  CHECK(line_named(resnet["parameters"], "name", "stem_norm.weight")["gain"]["mean"] == 1);
}

TEST_CASE("probe: names the first module that is not finite", "[probe]") {
  Training training(probed_config(resnet_with_state()));
  Param& weight = *training.params().find("stages.1.0.conv1.weight");
  weight.value.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  training.params().touch();
  const Json record = Probe(preset_named("full")).look(training);
  CHECK(record["first_nonfinite"]["pass"] == "forward");
  CHECK(record["first_nonfinite"]["path"] == "stages.1.0.conv1");
  const std::string text = io::json_line(record);
  CHECK_THAT(text, ContainsSubstring("\"NaN\""));
}

TEST_CASE("probe: unknown gauges are refused, with the nearest", "[probe]") {
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
