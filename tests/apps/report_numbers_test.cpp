// The numbers of a report are those of results.jsonl, computed again from its lines.
#include "tests/apps/parsed_csv.h"
#include "tests/apps/reported_study.h"
#include "tests/catch.h"

namespace norma {
namespace {

void check_interval(const Json& found, const char* estimate, const Expected& expected) {
  CHECK(found.at(estimate).get<double>() == Approx(expected.mean).epsilon(1e-12).margin(1e-14));
  CHECK(found.at("low").get<double>() == Approx(expected.low).epsilon(1e-9).margin(1e-12));
  CHECK(found.at("high").get<double>() == Approx(expected.high).epsilon(1e-9).margin(1e-12));
}

// The first evaluated step at which a run is at the target; null where it never is.
Json steps_to_target(const Json& line) {
  for (const Json& point : line.value("curve", Json::array()))
    if (point[1].is_number() && point[1].get<double>() <= ReportedStudy::kTarget) return point[0];
  return nullptr;
}

}  // namespace

TEST_CASE("report: its numbers are those of results.jsonl") {
  const ReportedStudy study;
  const Json report = study.embedded();
  const size_t arms = study.arms().size();
  REQUIRE(report.at("arms").size() == arms);
  REQUIRE(report.at("comparisons").size() == arms - 1);
  REQUIRE(report.at("curves").size() == arms * ReportedStudy::kSeeds);
  REQUIRE(report.at("trials").size() == study.lines().size());
  int diverged = 0, reached = 0;
  for (size_t i = 0; i < arms; ++i) {
    const std::string& name = study.arms()[i];
    const Json& arm = report["arms"][i];
    INFO(name);
    REQUIRE(arm.at("name") == name);
    CHECK(arm.at("scores") == Json(study.scores(name)));
    check_interval(arm, "mean", study.score(name));
    CHECK(arm.at("divergence").at("count") == study.ended(name, "diverged"));
    CHECK(arm.at("divergence").at("of") == ReportedStudy::kSeeds);
    diverged += study.ended(name, "diverged");
    for (int seed = 1; seed <= ReportedStudy::kSeeds; ++seed) {
      const Json expected = steps_to_target(study.verdict_line(name, seed));
      CHECK(arm.at("steps_to_target").at(static_cast<size_t>(seed - 1)) == expected);
      reached += !expected.is_null();
    }
    if (i == 0) continue;
    const Json& comparison = report["comparisons"][i - 1];
    REQUIRE(comparison.at("arm") == name);
    const double baseline = study.score(study.arms()[0]).mean;
    check_interval(comparison, "difference", study.difference(name));
    CHECK(comparison.at("relative").get<double>() ==
          Approx(study.difference(name).mean / baseline).epsilon(1e-9));
    CHECK(comparison.at("margin").get<double>() == Approx(0.01 * baseline));
  }
  CHECK(diverged > 0);
  CHECK(reached > 0);
}

TEST_CASE("report: every point of its curves and of its tuning is one of results.jsonl") {
  const ReportedStudy study;
  const Json report = study.embedded();
  size_t points = 0;
  for (const Json& curve : report.at("curves")) {
    const Json& line = study.verdict_line(curve.at("arm"), curve.at("seed"));
    INFO(line.at("trial"));
    CHECK(curve.at("validation") == line.at("curve"));
    CHECK(curve.at("training") == line.at("training"));
    CHECK(curve.at("ending") == ReportedStudy::ending(line));
    points += curve["validation"].size() + curve["training"].size();
  }
  CHECK(points > 12 * (4 + 40));  // all of the two arms that train
  size_t tuned = 0;
  for (const Json& arm : report.at("tuning"))
    for (const Json& point : arm.at("points")) {
      // "calm tune optim.weight_decay=0.01 seed 1000001"
      const std::string start = arm.at("arm").get<std::string>() + " tune " +
                                arm.at("path").get<std::string>() + "=" +
                                format_number(point.at("x").get<double>()) + " seed ";
      for (const Json& line : study.lines())
        if (line.at("trial").get<std::string>().starts_with(start)) {
          CHECK(point.at("score") == line.at("score"));
          CHECK(point.at("ending") == ReportedStudy::ending(line));
          ++tuned;
        }
    }
  CHECK(tuned + 3 * ReportedStudy::kSeeds == study.lines().size());
}

TEST_CASE("report: results.csv has the trials of results.jsonl, digit by digit") {
  const ReportedStudy study;
  const auto rows = parsed_csv(study.text("results.csv"));
  REQUIRE(rows.size() == study.lines().size() + 1);
  const auto column = [&](const std::string& name) {
    for (size_t i = 0; i < rows[0].size(); ++i)
      if (rows[0][i] == name) return i;
    FAIL("no column " << name);
    return size_t{0};
  };
  for (const Json& line : study.lines()) {
    const std::string id = line.at("trial");
    INFO(id);
    size_t at = 1;
    while (at < rows.size() && rows[at][0] != id) ++at;
    REQUIRE(at < rows.size());
    for (const char* name : {"steps", "initial", "metric", "score"}) {
      const std::string& written = rows[at][column(name)];
      if (line.at(name).is_null())
        CHECK(written.empty());
      else
        CHECK(std::stod(written) == line.at(name).get<double>());
    }
    CHECK(rows[at][column("status")] == line.at("status"));
    CHECK(rows[at][column("reason")] == line.at("reason"));
  }
}

}  // namespace norma
