// The program `compare`, killed at any moment and started again.
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "tests/apps/compare_study.h"
#include "tests/catch.h"

namespace norma {
namespace {

constexpr int kKills = 20;

// 21 trials or more, each of tenths of a second.
constexpr const char* kLongerStudy = R"({
  "base": {"model": {"type": "mlp", "norm": "layer_norm"}, "data": {"type": "spirals"},
           "train": {"steps": 4000, "batch": 32, "eval_every": 2000}},
  "vary": {"model.norm": ["layer_norm", "rms_norm", "batch_norm"]},
  "tune": {"optim.lr": {"log": [0.001, 0.1], "count": 3}, "extend": 1},
  "seeds": 4, "costs": false})";

using std::chrono::milliseconds;

}  // namespace

TEST_CASE("compare: killed at 20 random moments before its end, it ends with the same results") {
  const CompareStudy study(kLongerStudy);
  const std::vector<std::string> options{"--workers", "2", "--quiet"};
  const Ended whole = study.run("whole", options);
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  const std::set<std::string> expected = study.results("whole");
  REQUIRE(expected.size() >= 21);

  // Moments go by what was done since the start, so that a busy machine draws the same ones, and
  // then some way into the next trials.
  std::mt19937 random(7);
  std::uniform_int_distribution<size_t> further_results(0, 2);
  std::uniform_int_distribution<int> further_milliseconds(0, 300);
  std::set<size_t> progress;  // results that there were at a kill
  std::string folder = "killed 1";
  for (int kills = 0, studies = 1; kills < kKills;) {
    const size_t wanted = study.results(folder).size() + further_results(random);
    ChildProgram program(study.command(folder, options));
    while (study.results(folder).size() < wanted && program.running())
      std::this_thread::sleep_for(milliseconds(2));
    std::this_thread::sleep_for(milliseconds(further_milliseconds(random)));
    program.send(SIGKILL);
    const int code = program.wait();
    INFO(program.err());
    REQUIRE((code == 128 + SIGKILL || code == 0));
    const std::set<std::string> held = study.results(folder);
    if (held.size() < expected.size()) {
      REQUIRE(code != 0);
      ++kills;
      progress.insert(held.size());
    } else {  // it came to its end: another one, from the beginning
      CHECK(held == expected);
      folder = "killed " + std::to_string(++studies);
    }
  }
  CHECK(progress.size() >= 5);
  const Ended last = study.run(folder, options);
  INFO(last.err);
  REQUIRE(last.code == 0);
  CHECK(study.results(folder) == expected);
}

}  // namespace norma
