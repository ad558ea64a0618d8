// The program `compare`, run as a user runs it, on a study of a second or two.
#include <nlohmann/json.hpp>

#include "core/config/json.h"
#include "tests/apps/compare_study.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"
#include "tests/paths.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

constexpr const char* kStudy = R"({
  "base": {"model": {"type": "mlp", "norm": "layer_norm"}, "data": {"type": "spirals"},
           "train": {"steps": 40, "batch": 32, "eval_every": 20}},
  "vary": {"model.norm": ["layer_norm", "rms_norm", "batch_norm"]},
  "tune": {"optim.lr": {"log": [0.001, 0.1], "count": 3}, "extend": 1},
  "seeds": 4, "target": 0.6, "costs": false})";

}  // namespace

TEST_CASE("compare: the same results, bit for bit, on any number of workers and threads") {
  const CompareStudy study(kStudy);
  const Ended one = study.run("one", {"--workers", "1", "--quiet"});
  INFO(one.err);
  REQUIRE(one.code == 0);
  REQUIRE(study.run("two", {"--workers", "2", "--quiet"}).code == 0);
  REQUIRE(study.run("narrow", {"--workers", "3", "--threads", "1", "--quiet"}).code == 0);
  CHECK(study.results("one").size() >= 3 * 3 + 3 * 4);
  CHECK(study.results("one") == study.results("two"));
  CHECK(study.results("one") == study.results("narrow"));
  for (const char* name :
       {"report.html", "results.csv", "results.md", "study.json", "timings.jsonl"})
    CHECK(fs::exists(study.at("one") / name));
}

TEST_CASE("compare: an arm that diverges in some seeds is told first, with its rate") {
  // A learning rate at which some seeds blow up, and the others end with more than they began with.
  const CompareStudy study(R"({
    "base": {"model": {"type": "mlp", "norm": null}, "data": {"type": "spirals"},
             "optim": {"type": "sgd", "momentum": 0.9}, "clip": null,
             "train": {"steps": 40, "batch": 32}},
    "arms": {"calm": {"optim.lr": 0.01}, "wild": {"optim.lr": 1000}}, "seeds": 6, "costs": false})");
  const Ended ended = study.run("out", {"--workers", "2"});
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  CHECK_THAT(ended.out.substr(0, ended.out.find('\n')),
             ContainsSubstring("wild diverged in ") && ContainsSubstring(" of 6 runs"));
  CHECK_THAT(ended.out, ContainsSubstring("wild ended no better than at initialization in "));
  int diverged = 0;
  for (const std::string& line : study.results("out")) {
    const Json result = Json::parse(line);
    if (result["status"] == "finished") continue;
    ++diverged;
    CHECK(result["score"] == result["initial"]);
  }
  CHECK(diverged > 0);
  CHECK(study.results("out").size() == 12);
}

TEST_CASE("compare: trained models are examined, and attacked by images of another model") {
  const CompareStudy study(R"({
    "base": {"model": {"type": "resnet", "depth": 8, "width": 8}, "data": "shapes",
             "train": {"steps": 4, "batch": 16, "eval_samples": 64}},
    "vary": {"model.norm": ["batch_norm", "frn"]}, "seeds": 1, "costs": false,
    "evaluate": {"samples": 32, "noise": [0.1], "fgsm": [0.05],
                 "pgd": {"eps": [0.05], "steps": 2}},
    "transfer": true})");
  const Ended ended = study.run("out", {"--workers", "2", "--quiet"});
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  REQUIRE(study.results("out").size() == 2);
  for (const std::string& line : study.results("out")) {
    const Json figures = Json::parse(line)["evaluations"];
    const double own = figures.at("pgd_0.05/accuracy").get<double>();
    CHECK(own <= figures.at("fgsm_0.05/accuracy").get<double>());
    CHECK(figures.at("transfer_0.05/accuracy").get<double>() >= 0);
    CHECK(figures.contains("noise_0.1/loss"));
  }
  // The one worker attacks the second arm by the model that attacked the first.
  REQUIRE(study.run("one", {"--workers", "1", "--quiet"}).code == 0);
  CHECK(study.results("one") == study.results("out"));
  const Ended asked = CompareStudy(R"({
    "base": {"model": "mlp", "data": "spirals"}, "vary": {"model.width": [8, 16]},
    "transfer": true})")
                          .run("out");
  CHECK(asked.code == 2);
  CHECK_THAT(asked.err, ContainsSubstring("evaluate.pgd.eps"));
}

TEST_CASE("compare: an unfair study and a folder of another study are refused") {
  const CompareStudy study(R"({
    "base": {"model": {"type": "mlp", "norm": "layer_norm"}, "data": {"type": "spirals"},
             "train": {"steps": 4, "batch": 8}},
    "arms": {"usual": {}, "wider": {"model.width": 96}}, "seeds": 3})");
  const Ended unfair = study.run("out");
  CHECK(unfair.code == 2);
  CHECK_THAT(unfair.err, ContainsSubstring("wider: parameters"));
  CHECK_FALSE(fs::exists(study.at("out")));

  const CompareStudy fair(kStudy);
  REQUIRE(fair.run("out", {"seeds=1", "tune=null", "--quiet"}).code == 0);
  const Ended other = fair.run("out", {"seeds=2", "tune=null"});
  CHECK(other.code == 2);
  CHECK_THAT(other.err, ContainsSubstring("differs in seeds"));
}

TEST_CASE("compare: --against fails where an arm became worse, and says what it cannot tell") {
  const CompareStudy study(kStudy);
  REQUIRE(study.run("before", {"--workers", "2", "--quiet"}).code == 0);
  const Ended same = study.run("before", {"--against", study.at("before").string()});
  CHECK(same.code == 0);
  CHECK_THAT(same.out, ContainsSubstring("cannot be compared"));
  const Ended worse =
      study.run("after", {"tune=null", "base.optim={\"type\": \"adamw\", \"lr\": 1e-5}",
                          "--workers", "2", "--against", study.at("before").string()});
  INFO(worse.err);
  CHECK(worse.code == 1);
  CHECK_THAT(worse.out, ContainsSubstring("WORSE"));
}

TEST_CASE("compare: a finished study is reported again, with the costs measured once") {
  const CompareStudy study(R"({
    "base": {"model": "mlp", "data": "spirals", "train": {"steps": 4, "batch": 8}},
    "vary": {"model.norm": ["layer_norm", "rms_norm"]}, "seeds": 1})");
  REQUIRE(study.run("out", {"--quiet"}).code == 0);
  const auto costs = load_json(study.at("out") / "costs.json");
  CHECK(costs.size() == 2);
  const Ended again = study.run("out");
  INFO(again.err);
  CHECK(again.code == 0);
  CHECK(load_json(study.at("out") / "costs.json") == costs);
}

TEST_CASE("compare: what cannot be compared with is said before anything runs") {
  const CompareStudy study(R"({
    "base": {"model": "mlp", "data": "spirals", "train": {"steps": 4, "batch": 8}},
    "vary": {"model.norm": ["layer_norm", "rms_norm"]}, "seeds": 3, "costs": false})");
  const Ended none = study.run("out", {"--against", study.at("nowhere").string()});
  CHECK(none.code == 2);
  CHECK_THAT(none.err, ContainsSubstring("folder of an earlier run"));
  CHECK_FALSE(fs::exists(study.at("out")));

  REQUIRE(study.run("out", {"--quiet"}).code == 0);
  const std::string done = "6 trials have their result";
  CHECK_THAT(study.run("out", {"--dry-run", "--workers", "1"}).out, ContainsSubstring(done));
  // A folder of another study says nothing about this one.
  const Ended other = study.run("out", {"steps=5", "--dry-run", "--workers", "1"});
  CHECK(other.code == 0);
  CHECK(other.out.find("have their result") == std::string::npos);
}

TEST_CASE("compare: the schema in configs/studies/ is the program's own") {
  const Ended ended = run_program_as_user({"compare", "--print-schema"});
  CHECK(ended.code == 0);
  CHECK(ended.out == read_bytes(source_dir() / "configs/studies/schema.json"));
}

TEST_CASE("compare: the plan of a study, without training") {
  const CompareStudy study(kStudy);
  const Ended plan = study.run("plan", {"--dry-run", "--workers", "2"});
  INFO(plan.err);
  CHECK(plan.code == 0);
  CHECK_THAT(plan.out, ContainsSubstring("21 in all: 9 to tune") && ContainsSubstring("detects"));
  CHECK_FALSE(fs::exists(study.at("plan")));
}

}  // namespace norma
