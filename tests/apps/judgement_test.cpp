// What is said of results, which are made up here: no training.
#include "apps/study/judgement.h"

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "apps/pages/study_page.h"
#include "apps/pages/study_tables.h"
#include "apps/study/report_data.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

Study made_study(const std::string& more) {
  Json given = Json::parse(R"({
    "vary": {"model.norm": ["layer_norm", "rms_norm", "scale_norm"]}, "seeds": 4, "costs": false,
    "base": {"model": {"type": "mlp", "width": 8, "norm": "layer_norm"},
             "data": {"type": "spirals"}, "train": {"steps": 4, "batch": 8}}})");
  given.update(Json::parse(more));
  return read_study(given, ".", "the study");
}

constexpr double kAtStart = 3;

Json finished(double metric) {
  return {{"status", "finished"}, {"initial", kAtStart}, {"metric", metric}, {"score", metric}};
}
Json diverged() {
  return {{"status", "diverged"}, {"initial", kAtStart}, {"metric", nullptr}, {"score", kAtStart}};
}
Json no_better() {
  return {{"status", "diverged"}, {"initial", kAtStart}, {"metric", 3.5}, {"score", kAtStart}};
}
Json failed() { return {{"status", "failed"}, {"reason", "no room <here>"}}; }

// A study with the result that `answer` gives to every trial, but for the last `open` ones.
class CarriedOut {
 public:
  using Answer = std::function<Json(const Trial&)>;
  CarriedOut(const Study& study, const Answer& answer, size_t open = 0) : study_(study) {
    for (plan_ = plan_of(study, results_); !plan_.complete; plan_ = plan_of(study, results_)) {
      const std::vector<Trial> missing = plan_.missing(results_);
      const size_t left = missing[0].phase == Phase::kVerdict ? open : 0;
      for (size_t i = 0; i + left < missing.size(); ++i) {
        Json result = answer(missing[i]);
        result["trial"] = missing[i].id;
        results_[missing[i].id] = std::move(result);
      }
      if (left > 0) break;
    }
    plan_ = plan_of(study, results_);
  }

  StudyState state() const { return {study_, results_, plan_, {}, {}, Json::object(), "", ""}; }
  Judgement judgement() const { return judge(state()); }
  Json report() const { return report_data(state()); }
  std::string words() const {
    std::string all;
    for (const std::string& each : verdict_words(state(), judgement())) all += each + "\n";
    return all;
  }

 private:
  const Study& study_;
  TrialResults results_;
  Plan plan_;
};

// Arms 0.5 apart, in the order of their names, with luck that a seed's runs share.
Json well(const Trial& trial) {
  const double arm = trial.arm[0] == 'l' ? 0 : trial.arm[0] == 'r' ? 0.5 : 1;
  const double own = 0.01 * std::sin(static_cast<double>(trial.seed) * 7 + 20 * arm);
  return finished(1 + arm + own + 0.1 * std::cos(static_cast<double>(trial.seed)));
}

Json arm_named(const Json& report, const std::string& name) {
  for (const Json& arm : report["arms"])
    if (arm["name"] == name) return arm;
  return nullptr;
}

}  // namespace

TEST_CASE("nothing is judged before a study is complete", "[apps]") {
  const Study study = made_study("{}");
  const CarriedOut whole(study, well);
  CHECK(whole.judgement().comparisons.size() == 2);
  CHECK_THAT(whole.words(), ContainsSubstring("rms_norm is worse than layer_norm") &&
                                ContainsSubstring("after Holm over 2 comparisons"));
  CHECK(arm_named(whole.report(), "scale_norm")["rank"] == Json({{"best", 3}, {"worst", 3}}));

  const CarriedOut part(study, well, 1);  // scale_norm lacks its last seed
  CHECK(part.judgement().runs.size() == 2);
  CHECK(part.judgement().comparisons.empty());
  const Json report = part.report();
  const std::string page = study_page(report);
  for (const std::string& text :
       {part.words(), study_markdown(report), page.substr(0, page.find("<script"))}) {
    CHECK_THAT(text, ContainsSubstring("11 of 12 known trials have their result") &&
                         ContainsSubstring("mean test/loss"));
    CHECK_THAT(text, !ContainsSubstring("p = ") && !ContainsSubstring("worse") &&
                         !ContainsSubstring("Ranking") && !ContainsSubstring("| rank") &&
                         !ContainsSubstring("P("));
  }
}

TEST_CASE("runs that were not finite, got no better, or failed are told apart", "[apps]") {
  const Study study = made_study("{}");
  const CarriedOut made(study, [](const Trial& trial) {
    if (trial.arm != "rms_norm" || trial.seed == 1) return well(trial);
    return trial.seed == 2 ? diverged() : trial.seed == 3 ? no_better() : failed();
  });
  CHECK_THAT(made.words(),
             ContainsSubstring("rms_norm diverged in 1 of 4 runs (95 % interval 1 to 81 %); such a "
                               "run counts with its value at initialization.") &&
                 ContainsSubstring("rms_norm ended no better than at initialization in 1 of 4") &&
                 ContainsSubstring("rms_norm failed in 1 of 4 runs"));
  CHECK(made.words().find("rms_norm diverged") == 0);
  const Json arm = arm_named(made.report(), "rms_norm");
  CHECK(arm["endings"] == Json{"finished", "diverged", "no better", "failed"});
  CHECK(arm["divergence"]["count"] == 1);
  CHECK(arm["scores"][3] == kAtStart);
  CHECK_THAT(study_markdown(made.report()), ContainsSubstring("**1 of 4, 1 no better, 1 failed**"));
}

TEST_CASE("an arm of which every run failed is not compared", "[apps]") {
  const Study study = made_study("{}");
  const CarriedOut made(
      study, [](const Trial& trial) { return trial.arm == "rms_norm" ? failed() : well(trial); });
  CHECK_THAT(made.words(), ContainsSubstring("rms_norm failed in every run, so there is nothing "
                                             "to compare: no room <here>.") &&
                               !ContainsSubstring("rms_norm is") &&
                               !ContainsSubstring("after Holm"));  // one comparison is left
  CHECK(made.judgement().comparisons.size() == 1);
  const Json report = made.report();
  CHECK_FALSE(arm_named(report, "rms_norm").contains("mean"));
  CHECK_FALSE(arm_named(report, "rms_norm").contains("rank"));
  CHECK(arm_named(report, "scale_norm")["rank"]["worst"] == 2);
  CHECK_NOTHROW(study_page(report));

  const CarriedOut nothing(
      study, [](const Trial& trial) { return trial.arm == "layer_norm" ? failed() : well(trial); });
  CHECK(nothing.judgement().comparisons.empty());
}

TEST_CASE("an interval without 0 beside no finding is said to be of one comparison", "[apps]") {
  // Differences with a mean of 4 standard errors: p = 0.03 alone, 0.06 of two.
  const Study study = made_study("{}");
  const CarriedOut made(study, [](const Trial& trial) {
    const double luck = trial.seed % 2 ? 0.1 : -0.1;
    return finished(2 + (trial.arm == "rms_norm"     ? 0.2309 + luck
                         : trial.arm == "scale_norm" ? 3 * luck
                                                     : 0));
  });
  CHECK_THAT(made.words(), ContainsSubstring("rms_norm is not distinguishable") &&
                               ContainsSubstring("95 % interval of this comparison alone 0.04"));
  CHECK_THAT(made.words(), ContainsSubstring("scale_norm is not distinguishable") &&
                               ContainsSubstring("95 % interval of the difference -0.5"));
}

TEST_CASE("successive halving tells who went how far", "[apps]") {
  const Study study = made_study(
      R"({"tune": {"optim.lr": {"log": [1e-3, 1e-1], "count": 3},
          "halving": {"rungs": [2, 4, 8], "keep": 0.34}}})");
  const CarriedOut made(study, [](const Trial& trial) {
    const double rate = std::log10(trial.point[0]) + 2;
    return finished(well(trial)["score"].get<double>() +
                    rate * rate / static_cast<double>(trial.rung));
  });
  const Json report = made.report();
  const Json& contenders = report["rungs"]["contenders"];
  REQUIRE(contenders.size() == 9);
  CHECK(contenders[0]["arm"] == "layer_norm");
  CHECK(contenders[0]["settings"] == Json{{"optim.lr", 0.01}});
  CHECK(contenders[0]["scores"].size() == 3);
  CHECK(contenders[1]["scores"].size() == 3);
  CHECK(contenders[3]["scores"].size() == 2);
  CHECK(contenders[4]["scores"].size() == 1);
  CHECK(contenders[8]["scores"].size() == 1);
  CHECK_THAT(made.words(), ContainsSubstring("Exploratory") &&
                               ContainsSubstring("The most promising of 9 is layer_norm with "
                                                 "optim.lr=0.01: val/loss 1.") &&
                               ContainsSubstring("after 8 steps."));
  CHECK_THAT(study_markdown(report), ContainsSubstring("after 2 steps | after 4 steps") &&
                                         ContainsSubstring("| layer_norm | optim.lr=0.01 | 1."));
  const std::string page = study_page(report);
  CHECK_THAT(page, ContainsSubstring("id=\"rungs\"") && !ContainsSubstring("id=\"ranking\""));
  REQUIRE(report["tuning"][0]["points"].size() > 0);
  CHECK(report["tuning"][0]["points"][0]["rung"] == 2);
}

TEST_CASE("sensitivity is of the grid that all arms began with", "[apps]") {
  const auto sensitivity_of = [](const char* more) {
    const Study study = made_study(more);
    const CarriedOut made(study, [](const Trial& trial) {
      if (trial.point.empty()) return well(trial);
      const double away = std::log10(trial.point[0]) + 3;  // the best lies at the lower edge
      return finished(1 + 0.1 * away * away);
    });
    return arm_named(made.report(), "rms_norm").at("sensitivity").get<double>();
  };
  // 0, 0.1, 0.4: their mean is above the best by 0.5 / 3, whatever else was tried.
  for (const char* more : {R"({"tune": {"optim.lr": [1e-3, 1e-2, 1e-1], "extend": 0}})",
                           R"({"tune": {"optim.lr": [1e-3, 1e-2, 1e-1], "extend": 2}})",
                           R"({"tune": {"optim.lr": [1e-3, 1e-2, 1e-1], "run_off": 3}})"})
    CHECK(std::fabs(sensitivity_of(more) - 0.5 / 3) < 1e-12);
}

TEST_CASE("the tuning budget is said of every arm", "[apps]") {
  CHECK(budget_words(made_study("{}")).empty());
  CHECK(budget_words(made_study(R"({"tune": {"optim.lr": [0.01, 0.1], "seeds": 2, "run_off": 4,
            "per_arm": {"rms_norm": {"optim.lr": [0.1, 0.2, 0.4]}}}})")) ==
        "at this tuning budget: optim.lr at 2 points, for rms_norm optim.lr at 3 points, 2 seeds "
        "each, 4 more for the two best points of an arm");
}

TEST_CASE("readings are neither better nor worse", "[apps]") {
  const Study study = made_study(R"({"metric": "init/stream_variance"})");
  const CarriedOut made(study, well);
  const Json report = made.report();
  CHECK(report["metric"]["reading"] == true);
  CHECK(report["measures"].empty());
  std::string page = study_page(report);
  page = page.substr(0, page.find("<script"));
  for (const std::string& text : {page, study_markdown(report), made.words()})
    CHECK_THAT(text, !ContainsSubstring("is better") && !ContainsSubstring("Ranking") &&
                         !ContainsSubstring("diverged") && !ContainsSubstring("lower") &&
                         !ContainsSubstring("tuning") && !ContainsSubstring("Nothing was tuned"));
  CHECK_THAT(page, ContainsSubstring("neither better nor worse"));
  // As the study has them, not by size.
  CHECK(page.find("row\">layer_norm") < page.find("row\">rms_norm"));
}

TEST_CASE("an axis over data makes tasks of an interquartile mean", "[apps]") {
  const Json alone = CarriedOut(made_study("{}"), well).report()["measures"];
  REQUIRE(alone.size() == 2);  // no interquartile mean of one task, nor a word about it
  CHECK(alone[0]["name"] == "P(lower than layer_norm)");

  const Study study = made_study(
      R"({"vary": {"data.noise": [0.1, 0.2, 0.3], "model.norm": ["layer_norm", "rms_norm"]}})");
  const CarriedOut made(study, [](const Trial& trial) {
    const double size = trial.arm.starts_with("0.1") ? 0.1 : trial.arm.starts_with("0.2") ? 1 : 2;
    return finished(size * (trial.arm.ends_with("rms_norm") ? 1.1 : 1));
  });
  const Json measures = made.report()["measures"];
  REQUIRE(measures.size() == 3);
  CHECK(measures[0]["name"] == "IQM, in means of layer_norm");
  CHECK(std::fabs(measures[0]["value"].get<double>() - 1) < 1e-12);
  CHECK(measures[1]["arm"] == "rms_norm");
  CHECK(std::fabs(measures[1]["value"].get<double>() - 1.1) < 1e-12);
  CHECK(measures[2]["value"] == 0);
}

}  // namespace norma
