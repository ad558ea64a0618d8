// Study files: what they mean, and what is wrong with them, all at once.
#include "apps/study/study.h"

#include <algorithm>
#include <fstream>

#include "apps/study/tuning.h"
#include "tests/catch.h"
#include "tests/paths.h"
#include "tests/temporary_folder.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Json small_base() {
  return Json::parse(R"({
    "model": {"type": "mlp", "width": 8, "norm": "layer_norm"},
    "data": {"type": "spirals"},
    "train": {"steps": 4, "batch": 8}
  })");
}

Study study_of(const std::string& text) {
  Json given = Json::parse(text);
  given["base"] = small_base();
  return read_study(given, ".", "the study");
}

// What is wrong with a study; empty where nothing is.
std::string faults_of(const std::string& text) {
  try {
    study_of(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::string> names_of(const Study& study) {
  std::vector<std::string> names;
  for (const Arm& arm : study.arms) names.push_back(arm.name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("study: axes combine into arms, the last changing fastest") {
  const Study study = study_of(R"({"vary": {
    "model.norm": ["layer_norm", {"type": "rms_norm", "eps": 1e-6}],
    "train.batch": {"range": [8, 16], "count": 2}}})");
  CHECK(names_of(study) == Names{"layer_norm/batch=8", "layer_norm/batch=16", "rms_norm/batch=8",
                                 "rms_norm/batch=16"});
  CHECK(study.baseline == "layer_norm/batch=8");
  CHECK(study.arms[3].config["model"]["norm"]["eps"] == 1e-6);
  CHECK(study.arms[3].config["train"]["batch"] == 16);
  CHECK(study.arms[2].numbers.at("train.batch") == 8);
  CHECK(study.arms[2].names.at("model.norm") == "rms_norm");
}

TEST_CASE("study: named values and arms that set several paths") {
  const Study study = study_of(R"({
    "arms": {"plain": {}, "both": {"model.norm": "rms_norm", "optim.lr": 0.01}},
    "baseline": "both"})");
  CHECK(names_of(study) == Names{"plain", "both"});
  CHECK(study.arm("both").config["optim"]["lr"] == 0.01);
  const Study beside = study_of(R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]},
                                    "arms": {"reference": {"model.norm": "batch_norm"}}})");
  CHECK(names_of(beside) == Names{"layer_norm", "rms_norm", "reference"});
  CHECK(beside.arm("reference").names.empty());
  const Study named =
      study_of(R"({"vary": {"model.norm": {"LN": "layer_norm", "RMS": {"type": "rms_norm"}}}})");
  CHECK(names_of(named) == Names{"LN", "RMS"});
}

TEST_CASE("study: a grid by ratio keeps its ends and rounds what is between") {
  const Study study = study_of(
      R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]},
          "tune": {"optim.lr": {"log": [1e-4, 1e-1], "count": 4}, "seeds": 2}})");
  const std::vector<Point> expected{{1e-4}, {1e-3}, {1e-2}, {1e-1}};
  CHECK(study.tuning.points("layer_norm") == expected);
  CHECK(study.tuning.seeds == 2);
  // Tuning sees no seed of the verdict.
  for (const int64_t tuned : study.tuning_seeds())
    for (const int64_t judged : study.verdict_seeds()) CHECK(tuned != judged);
}

TEST_CASE("study: a list of numbers grows as it is spaced") {
  const auto grown = [](const char* list) {
    Findings findings;
    const Axis axis = read_numbers(findings, "tune.x", "x.y", Json::parse(list));
    std::vector<double> numbers;
    for (const AxisValue& value : axis.values) numbers.push_back(*value.number);
    return beyond(axis, numbers, true).value();
  };
  CHECK(grown("[0.003, 0.006]") == Approx(0.012));
  CHECK(grown("[0.001, 0.002, 0.005]") == Approx(0.0125));  // a third of a decade, rounded
  CHECK(grown("[0.001, 0.01, 0.1]") == Approx(1));
  CHECK(grown("[0.1, 0.2, 0.3]") == Approx(0.4));
  CHECK(grown("[0, 0.1]") == Approx(0.2));
  CHECK(grown("[4, 5]") == Approx(6));

  const Axis decay{.path = "optim.weight_decay", .values = {}};
  CHECK_FALSE(beyond(decay, {0, 0.1}, false));  // there is nothing below none
  CHECK(beyond(decay, {0.1, 0.3}, false) == Approx(0.05));
  CHECK(beyond(decay, {-0.1, 0.1}, false) == Approx(-0.3));
  Axis layers = decay;
  layers.whole = true;
  CHECK(beyond(layers, {2, 4}, false) == 1);
  CHECK_FALSE(beyond(layers, {1, 2}, false));
}

TEST_CASE("study: quasi-random points lie within the box and differ") {
  const Study study = study_of(
      R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]},
          "tune": {"optim.lr": {"log": [1e-4, 1e-1], "count": 2},
                   "optim.weight_decay": {"range": [0, 0.2], "count": 2},
                   "sampler": "quasi_random", "budget": 32}})");
  const std::vector<Point> points = study.tuning.points("rms_norm");
  REQUIRE(points.size() == 32);
  std::vector<int> thirds(9);
  for (const Point& point : points) {
    const double a = std::log10(point[0] / 1e-4) / 3, b = point[1] / 0.2;
    CHECK((a >= 0 && a <= 1 && b >= 0 && b <= 1));
    ++thirds[static_cast<size_t>(std::min(2.0, 3 * a)) * 3 +
             static_cast<size_t>(std::min(2.0, 3 * b))];
  }
  // Even: every ninth of the box has its share, 3.6 points, within 2.
  for (const int count : thirds) CHECK((count >= 2 && count <= 5));
}

TEST_CASE("study: all faults at once, each with its place and the nearest name") {
  const std::string all = faults_of(R"({
    "vary": {"model.norm": ["layer_norm", "rms_norrm"], "optim.lr": {"log": [1, -1], "count": 1}},
    "baselin": "layer_norm", "seeds": 0, "metric": "val/los",
    "tune": {"optim.lr": {"log": [1e-3, 1e-1]}, "sampler": "gird"}, "allow": ["flop"]})");
  CHECK_THAT(all, ContainsSubstring("baselin"));
  CHECK_THAT(all, ContainsSubstring("did you mean baseline?"));
  CHECK_THAT(all, ContainsSubstring("did you mean rms_norm?"));
  CHECK_THAT(all, ContainsSubstring("vary.optim.lr.log"));
  CHECK_THAT(all, ContainsSubstring("vary.optim.lr.count"));
  CHECK_THAT(all, ContainsSubstring("seeds"));
  CHECK_THAT(all, ContainsSubstring("did you mean val/loss?"));
  CHECK_THAT(all, ContainsSubstring("tune.optim.lr.count"));
  CHECK_THAT(all, ContainsSubstring("did you mean grid?"));
  CHECK_THAT(all, ContainsSubstring("did you mean flops?"));
  CHECK_THAT(faults_of(R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]},
                         "baseline": "layernorm"})"),
             ContainsSubstring("did you mean layer_norm?"));
  CHECK_THAT(faults_of(R"({"vary": {"train.patience": [1, 2]}})"),
             ContainsSubstring("train.patience"));
  CHECK_THAT(faults_of(R"({"seeds": 3})"), ContainsSubstring("a study compares"));
  CHECK_THAT(faults_of(R"({"vary": {"model.norm": ["layer_norm", "layer_norm"]}})"),
             ContainsSubstring("no other value"));
}

TEST_CASE("study: what a tuning would run into is told before anything runs") {
  const auto faults = [](const std::string& more) {
    return faults_of(R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]}, )" + more + "}");
  };
  CHECK_THAT(faults(R"("tune": {"optim.lrr": [0.01, 0.1]})"),
             ContainsSubstring("did you mean lr?"));
  const std::string negative = faults(R"("tune": {"optim.lr": [0.01, 0.1],
                         "per_arm": {"rms_norm": {"optim.eps": {"range": [-3, -1], "count": 3}}}})");
  CHECK_THAT(negative, ContainsSubstring("arm rms_norm with optim.eps=-3"));
  CHECK_THAT(faults(R"("tune": {"model.norm.momentum": [0.1, 0.2]})"),
             ContainsSubstring("arm layer_norm with model.norm.momentum=0.1"));
  CHECK_THAT(faults(R"("tune": {"optim.lr": [0.01]})"), ContainsSubstring("two numbers or more"));
  CHECK_THAT(faults(R"("tune": {"optim.lr": [0.01, 0.1], "budget": 9})"),
             ContainsSubstring("tune.budget"));
  CHECK_THAT(faults(R"("tune": {"optim.lr": [0.01, 0.1], "sampler": "quasi_random", "extend": 1})"),
             ContainsSubstring("only a grid grows"));
  CHECK_THAT(faults(R"("tune": {"optim.lr": [0.01, 0.1], "run_off": 1,
                                "halving": {"rungs": [2, 4]}})"),
             ContainsSubstring("tune.run_off"));
  CHECK_THAT(faults(R"("tune": {"optim.lr": [0.01, 0.1], "halving": {"rungs": [4, 4]}})"),
             ContainsSubstring("rising"));
  CHECK_THAT(faults(R"("tune": {"optim.lr": [0.01, 0.1], "per_arm": {"rms_norm": {"seeds": 7}}})"),
             ContainsSubstring("tune.per_arm.rms_norm.seeds"));
  CHECK_THAT(faults(R"("allow": "parameters")"), ContainsSubstring("a list of"));
  CHECK_THAT(faults(R"("metric": "init/grad_normm")"), ContainsSubstring("a gauge that needs no"));
  CHECK(faults(R"("tune": {"optim.lr": [0.01, 0.1]})").empty());
}

TEST_CASE("study: one path is set in one place, and seeds are the study's") {
  CHECK_THAT(faults_of(R"({"vary": {"optim.lr": [0.01, 0.1]}, "tune": {"optim.lr": [0.01, 0.1]}})"),
             ContainsSubstring("tune.optim.lr: found set by vary, too"));
  CHECK_THAT(
      faults_of(R"({"arms": {"a": {}, "b": {"optim.lr": 1}}, "tune": {"optim.lr": [0.1, 1]}})"),
      ContainsSubstring("set by arm b, too"));
  CHECK_THAT(faults_of(R"({"vary": {"train.seed": [1, 2]}})"), ContainsSubstring("first_seed"));
  CHECK_THAT(faults_of(R"({"arms": {"a": {}, "b": {"train.seed": 2}}})"),
             ContainsSubstring("first_seed"));
}

TEST_CASE("study: an option that takes whole numbers is tuned by whole numbers") {
  const Study study = study_of(
      R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]},
          "tune": {"train.batch": {"log": [8, 16], "count": 3}}})");
  CHECK(study.tuning.points("rms_norm") == std::vector<Point>{{8}, {11}, {16}});
  CHECK(beyond(study.tuning.options[0], {8, 11, 16}, true) == 24.0);  // 23.3, and no fraction
  const Study drawn = study_of(
      R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]},
          "tune": {"train.batch": [8, 10], "sampler": "quasi_random", "budget": 16}})");
  CHECK(drawn.tuning.points("rms_norm").size() == 3);  // 8, 9 and 10, each once
}

TEST_CASE("study: every shipped study and claim is valid") {
  int files = 0;
  for (const char* folder : {"configs/studies", "configs/claims"})
    for (const auto& entry : std::filesystem::directory_iterator(source_dir() / folder)) {
      if (entry.path().filename() == "schema.json") continue;
      INFO(entry.path());
      const Study study = read_study(entry.path());
      CHECK(study.arms.size() >= 2);
      CHECK(study.claim.is_null() == (std::string(folder) == "configs/studies"));
      ++files;
    }
  CHECK(files >= 4);
}

TEST_CASE("study: overrides reach into a base config that is a file of its own") {
  const TemporaryFolder folder;
  const auto write = [&](const char* name, const Json& json) {
    std::ofstream(folder.path() / name) << json;
    return folder.path() / name;
  };
  write("base.json", small_base());
  const auto file = write("study.json", Json::parse(R"({"base": "base.json",
                                    "vary": {"model.norm": ["layer_norm", "rms_norm"]}})"));
  const std::vector<std::string> overrides{"base.train.batch=24", "seeds=7"};
  const Study study = read_study(file, overrides);
  CHECK(study.arms[0].config["train"]["batch"] == 24);
  CHECK(study.arms[1].config["train"]["batch"] == 24);
  CHECK(study.arms[1].config["model"]["norm"] == "rms_norm");
  CHECK(study.seeds == 7);
  CHECK(read_study(file).arms[0].config["train"]["batch"] == 8);
}

TEST_CASE("study: the resolved study reads back as itself") {
  const Study study = study_of(
      R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]}, "steps": 9, "margin": 0.02,
          "tune": {"optim.lr": [0.001, 0.01]}})");
  const Study again = read_study(study.resolved, "/", "again");
  CHECK(again.resolved == study.resolved);
  CHECK(names_of(again) == names_of(study));
  CHECK(again.arms[1].config == study.arms[1].config);
  CHECK(again.arms[1].config["train"]["steps"] == 9);
}

}  // namespace norma
