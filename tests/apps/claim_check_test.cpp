// What is wrong with a claim is said when its study is read: all at once, before anything trains.
#include "apps/study/study.h"
#include "tests/apps/child_program.h"
#include "tests/catch.h"
#include "tests/core/file_bytes.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

// The faults of a claim with these tests; "" where there is none.
std::string faults_of(const std::string& tests, const std::string& metric = "val/loss",
                      const std::string& curve = "null", const std::string& tune = "null") {
  Json given = Json::parse(R"({
    "base": {"model": {"type": "gpt", "layers": 2, "width": 16, "context": 72},
             "data": "selective_copy"},
    "vary": {"model.layers": [2, 4], "model.placement": ["pre", "post"],
             "model.dropout": [0, 0.1]}})");
  given["metric"] = metric;
  given["tune"] = Json::parse(tune);
  given["claim"] = {{"citation", "made up"}, {"published", "nothing"}};
  given["claim"]["tests"] = Json::parse(tests);
  given["claim"]["published_curve"] = Json::parse(curve);
  try {
    read_study(given, ".", "the study");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("claim: what is right is taken") {
  CHECK(faults_of(R"([
    {"type": "equivalent", "arm": "layers=2/pre/dropout=0", "to": "layers=2/post/dropout=0"},
    {"type": "trend", "over": "model.layers", "log": true, "sign": -1,
     "where": {"model.placement": "pre", "model.dropout": 0.1}},
    {"type": "slope", "over": "model.dropout", "low": -1, "high": -1,
     "where": {"model.layers": "layers=4"}, "assumes": "xiong_pre_ln"}])",
                  "val/loss", R"({"name": "n", "x_name": "x", "x": [1, 2], "y": [3, 4]})") == "");
  CHECK(faults_of(R"([{"type": "theory", "theory": "xiong_pre_ln",
                       "where": {"model.placement": "pre"}}])",
                  "init/stream_square") == "");
}

TEST_CASE("claim: every fault of its tests is told, with the nearest name") {
  const std::string all = faults_of(R"([
    {"type": "slop", "over": "model.layers"},
    {"arm": "x"},
    {"type": 3},
    "greater",
    {"type": "greater", "arm": "layers=2/pre/dropout=0", "than": "layers=2/pre/dropout=0"},
    {"type": "equivalent", "arm": "layers=2/pre/dropout=0", "to": "layers=2/prae/dropout=0"},
    {"type": "trend", "over": "model.layer", "sign": 0},
    {"type": "trend", "over": "model.placement"},
    {"type": "trend", "over": "model.layers", "where": {"model.layers": 2}},
    {"type": "slope", "over": "model.dropout", "log": true, "low": 2, "high": 1,
     "assumes": "xiong_pre"},
    {"type": "slope", "over": "model.layers", "low": 0, "high": 1,
     "where": {"model.placement": "prae", "model.layers": 3, "model.width": 16}},
    {"type": "slope", "over": "model.layers", "low": 0, "high": 1, "where": 3}])",
                                    "val/loss", R"({"x": [1, "2"], "why": []})");
  for (const char* part : {
           "tests.0.type: found \"slop\"",
           "did you mean slope?",
           "tests.1.type: found nothing",
           "tests.2.type: found 3",
           "tests.3.type: found nothing",
           "tests.4.than: found \"layers=2/pre/dropout=0\", expected another one than arm",
           "tests.5.to: found layers=2/prae/dropout=0",
           "did you mean layers=2/pre/dropout=0?",
           "tests.6.sign: found 0, expected 1 or -1",
           "tests.6.over: found model.layer, ",
           "did you mean model.layers?",
           "tests.7.over: found model.placement with no numbers",
           "tests.8.over: found model.layers with one number",
           "tests.9.high: found 1",
           "tests.9.log: found true, expected false: model.dropout is also 0",
           "tests.9.assumes: found xiong_pre",
           "did you mean xiong_pre_ln?",
           "tests.10.where.model.placement: found \"prae\", expected pre or post; did you mean "
           "pre?",
           "tests.10.where.model.layers: found 3, expected 2 or 4",
           "tests.10.where.model.width: found model.width",
           "tests.11.where: found 3",
           "published_curve.x.1: found \"2\"",
           "published_curve.y: found nothing",
           "published_curve.why",
       }) {
    INFO(all);
    CHECK_THAT(all, ContainsSubstring(part));
  }
  CHECK_THAT(faults_of(R"([{"type": "trend", "over": "model.layers"}])", "val/loss",
                       R"({"x": [1, 2], "y": [1]})"),
             ContainsSubstring("as many numbers as x"));
  CHECK_THAT(faults_of(R"([{"type": "trend", "over": "model.layers"}])", "val/loss", "null",
                       R"({"optim.lr": [0.01, 0.1], "halving": {"rungs": [1, 2]}})"),
             ContainsSubstring("tune.halving"));
}

TEST_CASE("claim: a theory must be known, and about what the study measures") {
  const char* test = R"([{"type": "theory", "theory": "xiong_pre_ln"}])";
  CHECK(faults_of(test, "init/stream_square") == "");
  CHECK_THAT(faults_of(test, "init/stream_variance"),
             ContainsSubstring("found xiong_pre_ln, which is about init/stream_square, expected a "
                               "theory about the study's metric, init/stream_variance: "
                               "nf_sawtooth"));
  CHECK_THAT(faults_of(test), ContainsSubstring("val/loss (there is none)"));
  CHECK_THAT(faults_of(R"([{"type": "theory", "theory": "nonsense"}])", "init/stream_square"),
             ContainsSubstring("found nonsense, expected a theory: "));
}

TEST_CASE("claim: two arms that diverge in every run are not found equivalent") {
  const TemporaryFolder folder;
  write_bytes(folder / "study.json", R"({
    "base": {"model": {"type": "mlp", "norm": null}, "data": "spirals",
             "optim": {"type": "sgd"}, "clip": null, "train": {"steps": 20, "batch": 16}},
    "arms": {"a": {"optim.lr": 1e6}, "b": {"optim.lr": 2e6}}, "seeds": 5, "costs": false,
    "claim": {"citation": "made up", "published": "nothing",
              "tests": [{"type": "equivalent", "arm": "a", "to": "b"}]}})");
  const Ended ended = run_program_as_user({"compare", (folder / "study.json").string(), "--out",
                                           (folder / "out").string(), "--workers", "2"});
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  CHECK_THAT(ended.out, ContainsSubstring("a diverged in 5 of 5 runs") &&
                            ContainsSubstring("b diverged in 5 of 5 runs") &&
                            ContainsSubstring("inconclusive, 0 (") &&
                            ContainsSubstring("10 of 10 runs diverged"));
}

}  // namespace norma
