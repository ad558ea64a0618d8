// The protocol as a function of the results so far: no training here.
#include "apps/study/protocol.h"

#include <cmath>

#include "apps/study/guard.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Study two_norms(const std::string& more) {
  Json given = Json::parse(R"({"vary": {"model.norm": ["layer_norm", "rms_norm"]}, "seeds": 3,
    "base": {"model": {"type": "mlp", "width": 8, "norm": "layer_norm"},
             "data": {"type": "spirals"}, "train": {"steps": 4, "batch": 8}}})");
  given.update(Json::parse(more));
  return read_study(given, ".", "the study");
}

// Results of trials whose loss has its minimum at `best` on the logarithm of the learning rate.
void answer(const Plan& plan, double best, TrialResults& results) {
  const std::vector<Trial> missing = plan.missing(results);
  for (const Trial& trial : missing) {
    const double away = trial.point.empty() ? 0 : std::log(trial.point[0] / best);
    results[trial.id] = {{"trial", trial.id},
                         {"status", "finished"},
                         {"initial", 1e3},
                         {"score", std::min(1e3, 1 + away * away)}};
  }
}

Plan carried_out(const Study& study, double best, TrialResults& results) {
  Plan plan = plan_of(study, results);
  for (int i = 0; i < 50 && !plan.complete; ++i) {
    answer(plan, best, results);
    plan = plan_of(study, results);
  }
  return plan;
}

constexpr const char* kGrid =
    R"({"tune": {"optim.lr": {"log": [1e-3, 1e-1], "count": 3}, "seeds": 2, "extend": 2}})";

int64_t count(const Plan& plan, Phase phase) {
  int64_t number = 0;
  for (const Trial& trial : plan.trials) number += trial.phase == phase;
  return number;
}

}  // namespace

TEST_CASE("protocol: tuning first, then fresh seeds at the best point") {
  const Study study = two_norms(kGrid);
  TrialResults results;
  const Plan start = plan_of(study, results);
  CHECK(count(start, Phase::kTune) == 2 * 3 * 2);
  CHECK(count(start, Phase::kVerdict) == 0);
  const Plan end = carried_out(study, 0.012, results);
  REQUIRE(end.complete);
  CHECK(count(end, Phase::kTune) == 12);
  CHECK(count(end, Phase::kVerdict) == 6);
  for (const auto& [arm, choice] : end.chosen) {
    CHECK(choice.point == Point{1e-2});
    CHECK(choice.doubt.empty());
  }
  for (const Trial& trial : end.trials)
    if (trial.phase == Phase::kVerdict) {
      CHECK(order_of(study, trial)["split"] == "test");
      CHECK(order_of(study, trial)["config"]["optim"]["lr"] == 1e-2);
      CHECK(trial.seed <= 3);
    } else {
      CHECK(order_of(study, trial)["split"] == "validation");
      CHECK(trial.seed > 3);
    }
}

TEST_CASE("protocol: a best point at an edge extends the grid, or is called not tuned") {
  const Study study = two_norms(kGrid);
  TrialResults results;
  const Plan once = carried_out(study, 1.1, results);
  for (const auto& [arm, choice] : once.chosen) {
    CHECK(choice.point == Point{1});
    CHECK(choice.doubt.empty());
    CHECK(choice.trials == 10);  // 1e-3 … 1e-1, then 1 and 10
  }
  TrialResults further;
  const Plan never = carried_out(study, 1e4, further);
  for (const auto& [arm, choice] : never.chosen) {
    CHECK(choice.point == Point{10});
    CHECK_THAT(choice.doubt, ContainsSubstring("highest that was tried"));
  }
  TrialResults lower;
  const Plan down = carried_out(study, 1e-4, lower);
  CHECK(down.chosen.at("rms_norm").point == Point{1e-4});
  CHECK(down.chosen.at("rms_norm").doubt.empty());
}

TEST_CASE("protocol: each arm is tuned by itself") {
  const Study study = two_norms(kGrid);
  TrialResults results;
  const Plan start = plan_of(study, results);
  for (const Trial& trial : start.trials) {
    const double best = trial.arm == "layer_norm" ? 1e-2 : 1e-3;
    const double away = std::log(trial.point[0] / best);
    results[trial.id] = {{"trial", trial.id}, {"status", "finished"}, {"score", away * away}};
  }
  const Plan next = plan_of(study, results);
  CHECK(next.chosen.contains("layer_norm"));
  CHECK_FALSE(next.chosen.contains("rms_norm"));  // its best is at the edge
  CHECK(count(next, Phase::kVerdict) == 3);
}

TEST_CASE("protocol: failed and diverged trials count and are never dropped") {
  const Study study = two_norms(kGrid);
  TrialResults results;
  for (const Trial& trial : plan_of(study, results).trials)
    results[trial.id] =
        trial.point == Point{1e-2}
            ? Json{{"trial", trial.id}, {"status", "failed"}, {"reason", "broke"}}
            : Json{{"trial", trial.id}, {"status", "diverged"}, {"score", 9.0}, {"initial", 9.0}};
  const Plan plan = plan_of(study, results);
  // All the same: the earliest, which lies at the edge, so the grid grows.
  CHECK(plan.missing(results).size() == 4);
  const Plan end = carried_out(study, 1e-4, results);
  CHECK(end.complete);
  CHECK(end.chosen.at("rms_norm").point == Point{1e-4});
}

TEST_CASE("protocol: a run-off gives the two best points more seeds, and the better goes on") {
  const Study study =
      two_norms(R"({"tune": {"optim.lr": {"log": [1e-3, 1e-1], "count": 3}, "run_off": 2}})");
  TrialResults results;
  const auto put = [&](const std::string& id, double score) {
    results[id] = {{"trial", id}, {"status", "finished"}, {"initial", 1e3}, {"score", score}};
  };
  for (const Trial& trial : plan_of(study, results).trials)
    put(trial.id, trial.point == Point{1e-2} ? 1 : trial.point == Point{1e-3} ? 1.1 : 2);
  const Plan more = plan_of(study, results);
  CHECK(more.chosen.empty());
  const std::vector<Trial> missing = more.missing(results);
  CHECK(missing.size() == 8);  // two points, two seeds, two arms
  for (const Trial& trial : missing) {
    CHECK(trial.point != Point{1e-1});
    put(trial.id, trial.point == Point{1e-2} ? 1.5 : 1.2);
  }
  const Plan decided = plan_of(study, results);
  // (1 + 1.5 + 1.5)/3 against (1.1 + 1.2 + 1.2)/3; that lies at an edge now, so the grid grows.
  CHECK(decided.chosen.empty());
  const std::vector<Trial> beyond = decided.missing(results);
  REQUIRE(beyond.size() == 2);
  for (const Trial& trial : beyond) {
    CHECK(trial.point == Point{1e-4});
    put(trial.id, 3);
  }
  const Plan settled = plan_of(study, results);
  CHECK(settled.chosen.at("rms_norm").point == Point{1e-3});
  CHECK(settled.chosen.at("rms_norm").doubt.empty());
  CHECK(settled.chosen.at("rms_norm").trials == 3 + 1 + 2 * 2);
}

TEST_CASE("protocol: a run-off at the end of a grid that may grow no more is told") {
  const Study study = two_norms(
      R"({"tune": {"optim.lr": {"log": [1e-3, 1e-1], "count": 3}, "run_off": 2, "extend": 0}})");
  TrialResults results;
  const Plan plan = carried_out(study, 1e-4, results);
  CHECK(plan.chosen.at("rms_norm").point == Point{1e-3});
  CHECK_THAT(plan.chosen.at("rms_norm").doubt, ContainsSubstring("lowest that was tried"));
}

TEST_CASE("protocol: successive halving keeps the better share and gives no verdict") {
  const Study study = two_norms(
      R"({"tune": {"optim.lr": {"log": [1e-3, 1e-1], "count": 3},
          "halving": {"rungs": [2, 4, 8], "keep": 0.34}}})");
  TrialResults results;
  const Plan end = carried_out(study, 0.012, results);
  CHECK(end.complete);
  CHECK(end.chosen.empty());
  CHECK(count(end, Phase::kRung) == 6 + 3 + 2);
  CHECK(order_of(study, end.trials.back())["config"]["train"]["steps"] == 8);
}

TEST_CASE("protocol: nothing tuned goes straight to the fresh seeds") {
  const Study study = two_norms("{}");
  TrialResults results;
  const Plan plan = plan_of(study, results);
  CHECK(plan.trials.size() == 6);
  CHECK(plan.trials[0].id == "layer_norm verdict seed 1");
}

TEST_CASE("guard: a wider arm and a larger grid are refused, and said to be possible") {
  Json given = Json::parse(R"({
    "arms": {"usual": {}, "wider": {"model.width": 12}},
    "tune": {"optim.lr": {"log": [1e-3, 1e-1], "count": 3},
             "per_arm": {"wider": {"optim.lr": {"log": [1e-3, 1e-1], "count": 5}}}},
    "base": {"model": {"type": "mlp", "width": 8, "norm": "layer_norm"},
             "data": {"type": "spirals"}, "train": {"steps": 4, "batch": 8}}})");
  const Study study = read_study(given, ".", "the study");
  std::vector<ArmFacts> facts;
  for (const Arm& arm : study.arms) facts.push_back(facts_of(arm.config, Json::object(), false));
  CHECK(facts[1].parameters > facts[0].parameters);
  const std::vector<Difference> all = differences(study, facts);
  std::string message;
  try {
    refuse_unfair(study, all);
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK_THAT(message, ContainsSubstring("wider: parameters"));
  CHECK_THAT(message, ContainsSubstring("wider: flops"));
  CHECK_THAT(message, ContainsSubstring("wider: budget 5 points"));
  CHECK_THAT(message, ContainsSubstring(R"(["parameters", "flops", "budget"])"));
  given["allow"] = {"parameters", "flops", "budget"};
  const Study meant = read_study(given, ".", "the study");
  refuse_unfair(meant, differences(meant, facts));
  CHECK(differences(meant, facts).size() == all.size());  // still told
}

TEST_CASE("guard: arms are judged by the same measure and tuned in the same options") {
  const auto refused = [](const std::string& more) -> std::string {
    Json given = Json::parse(R"({
      "base": {"model": {"type": "mlp", "width": 8, "norm": "layer_norm"},
               "data": {"type": "spirals"}, "train": {"steps": 4, "batch": 8}}, )" +
                             more + "}");
    const Study study = read_study(given, ".", "the study");
    std::vector<ArmFacts> facts;
    for (const Arm& arm : study.arms) {
      facts.push_back(facts_of(arm.config, Json::object(), false));
      const std::vector<Axis>& options = study.tuning.options_of(arm.name);
      if (!tuning_changes_facts(options)) continue;
      for (const Point& point : study.tuning.points(arm.name)) {
        const auto settings = settings_of(options, point);
        facts.back().points.push_back(
            {settings_text(settings),
             facts_of(with_settings(arm.config, settings), Json::object(), false)});
      }
    }
    try {
      refuse_unfair(study, differences(study, facts));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const std::string smooth = R"("arms": {"hard": {}, "smooth": {"loss.label_smoothing": 0.1}})";
  CHECK_THAT(refused(smooth), ContainsSubstring("smooth: judged by"));
  CHECK(refused(smooth + R"(, "metric": "val/error")").empty());  // errors are counted alike
  CHECK(refused(smooth + R"(, "allow": ["judged by"])").empty());
  CHECK_THAT(refused(R"("arms": {"all": {}, "some": {"train.eval_samples": 20}})"),
             ContainsSubstring("some: judged by 20 samples, against all"));
  // The same numbers for another option are another budget.
  CHECK_THAT(refused(R"("vary": {"model.norm": ["layer_norm", "rms_norm"]},
                        "tune": {"optim.lr": [0.01, 0.1],
                                 "per_arm": {"rms_norm": {"optim.weight_decay": [0.01, 0.1]}}})"),
             ContainsSubstring("rms_norm: budget 2 points (optim.weight_decay: 0.01 0.1)"));
  const std::string batches = refused(R"("vary": {"model.norm": ["layer_norm", "rms_norm"]},
                                         "tune": {"train.batch": [8, 16]})");
  CHECK_THAT(batches, ContainsSubstring("layer_norm: tokens 64 with train.batch=16, against 32"));
  CHECK_THAT(batches, ContainsSubstring("rms_norm: tokens"));
}

TEST_CASE("guard: a norm with a bias differs little enough to be compared") {
  const Study study = two_norms("{}");
  std::vector<ArmFacts> facts(2);
  facts[0].parameters = 4738, facts[1].parameters = 4610;
  facts[0].weights = facts[1].weights = 4500;
  const std::vector<Difference> all = differences(study, facts);
  REQUIRE(all.size() == 1);
  CHECK_FALSE(all[0].refused);
  facts[1].weights = 4400;
  CHECK(differences(study, facts)[0].refused);
}

}  // namespace norma
