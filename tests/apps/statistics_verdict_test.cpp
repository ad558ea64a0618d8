#include "apps/statistics/verdict.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "tests/apps/statistics_golden.h"
#include "tests/catch.h"

namespace norma {
namespace {

// Five seeds whose luck an arm shares with the baseline but for `own`.
const std::vector<double> kLuck = {0.030, -0.020, 0.010, -0.040, 0.020};
const std::vector<double> kOwn = {0.001, -0.002, 0.000, 0.002, -0.001};

ArmScores lucky_arm(const std::string& name, double mean, double own = 1) {
  ArmScores arm{.arm = name, .scores = {}, .diverged = {}};
  for (size_t i = 0; i < kLuck.size(); ++i) arm.scores.push_back(mean + kLuck[i] + own * kOwn[i]);
  return arm;
}

// The same seeds, of which those `at` diverged and count 4.
ArmScores diverging_arm(const std::string& name, double mean, const std::vector<size_t>& at) {
  ArmScores arm = lucky_arm(name, mean);
  arm.diverged.resize(arm.scores.size());
  for (const size_t seed : at) {
    arm.scores[seed] = 4;
    arm.diverged[seed] = true;
  }
  return arm;
}

Finding only_finding(const ArmScores& arm, const ArmScores& baseline,
                     const VerdictOptions& options = {}) {
  const std::vector<ArmScores> arms = {baseline, arm};
  return compare_with_baseline(arms, baseline.arm, options).at(0).finding;
}

}  // namespace

TEST_CASE("what pairs find", "[apps][statistics]") {
  // Margin 0.02. The own noise makes a standard error of 0.0007.
  const ArmScores baseline = lucky_arm("baseline", 2, 0);
  CHECK(only_finding(lucky_arm("arm", 1.9), baseline) == Finding::kBetter);
  CHECK(only_finding(lucky_arm("arm", 2.1), baseline) == Finding::kWorse);
  CHECK(only_finding(lucky_arm("arm", 2.0), baseline) == Finding::kEquivalent);
  CHECK(only_finding(lucky_arm("arm", 2.01), baseline) == Finding::kSmallDifference);
  CHECK(only_finding(lucky_arm("arm", 1.99), baseline) == Finding::kSmallDifference);
  CHECK(only_finding(lucky_arm("arm", 2.0, 40), baseline) == Finding::kNotDistinguishable);
  // Beyond the margin or not is open: different all the same.
  CHECK(only_finding(lucky_arm("arm", 2.02), baseline) == Finding::kWorse);
  // Without pairs the shared luck hides it.
  CHECK(only_finding(lucky_arm("arm", 2.01), baseline, {.paired = false}) ==
        Finding::kNotDistinguishable);
  // A margin of 0 leaves nothing to be equivalent within.
  CHECK(only_finding(lucky_arm("arm", 2.01), baseline, {.relative_margin = 0}) == Finding::kWorse);
  CHECK(only_finding(baseline, lucky_arm("other", 2, 0), {.relative_margin = 0}) ==
        Finding::kNotDistinguishable);
}

TEST_CASE("a comparison carries its test, margin and detectable difference", "[apps][statistics]") {
  const std::vector<ArmScores> arms = {lucky_arm("a", 1.99), lucky_arm("baseline", 2, 0),
                                       lucky_arm("b", 2.3, 2)};
  const std::vector<Comparison> found = compare_with_baseline(arms, "baseline");
  REQUIRE(found.size() == 2);
  CHECK(found[0].arm == "a");
  CHECK(found[1].arm == "b");
  const TTest test = paired_t_test(arms[0].scores, arms[1].scores);
  REQUIRE(found[0].test);
  CHECK(found[0].test->difference == test.difference);
  CHECK(found[0].test->paired);
  CHECK(found[0].margin == close_to(0.02));
  const double other_p = paired_t_test(arms[2].scores, arms[1].scores).p;
  REQUIRE(other_p < test.p);
  CHECK(found[1].p_holm == close_to(2 * other_p));
  CHECK(found[0].p_holm == close_to(std::max(test.p, 2 * other_p)));
  CHECK(found[0].equivalence_p_holm == close_to(2 * equivalence_p(test, found[0].margin)));
  CHECK(found[1].equivalence_p_holm > 0.999);
  // At the level of Holm's first step of two.
  CHECK(found[0].detectable == close_to(detectable_difference(test.standard_error, 4, 0.025)));
  CHECK(found[1].detectable == close_to(2 * found[0].detectable));
}

TEST_CASE("more comparisons ask for more evidence", "[apps][statistics]") {
  const ArmScores baseline = lucky_arm("baseline", 2, 0);
  const ArmScores arm = lucky_arm("arm", 2.06, 10);  // p 0.0011
  CHECK(only_finding(arm, baseline) == Finding::kWorse);
  std::vector<ArmScores> many = {baseline, arm};
  for (int i = 0; i < 60; ++i) many.push_back(lucky_arm(std::to_string(i), 2, 30));
  CHECK(compare_with_baseline(many, "baseline")[0].finding == Finding::kNotDistinguishable);
}

TEST_CASE("fewer than three seeds give no interval", "[apps][statistics]") {
  for (const size_t seeds : {0, 1, 2}) {
    std::vector<ArmScores> arms = {lucky_arm("baseline", 2), lucky_arm("arm", 9)};
    for (ArmScores& arm : arms) arm.scores.resize(seeds);
    for (const bool paired : {true, false}) {
      const Comparison comparison =
          compare_with_baseline(arms, "baseline", {.paired = paired}).at(0);
      CHECK_FALSE(comparison.test);
      CHECK(comparison.p_holm == 1);
      CHECK(comparison.finding == Finding::kNotDistinguishable);
      CHECK(rank_ranges(arms, arms[0].arm, {.paired = paired})[0].worst == 2);
    }
  }
  // An arm with too few seeds takes nothing from the others.
  std::vector<ArmScores> arms = {lucky_arm("baseline", 2, 0), lucky_arm("a", 2.01),
                                 lucky_arm("b", 9)};
  arms[2].scores.resize(2);
  const std::vector<Comparison> found = compare_with_baseline(arms, "baseline", {.paired = false});
  CHECK_FALSE(found[1].test);
  REQUIRE(found[0].test);
  CHECK(found[0].p_holm == found[0].test->p);
}

TEST_CASE("all seeds with the same score", "[apps][statistics]") {
  const ArmScores two{.arm = "two", .scores = std::vector<double>(5, 2.0), .diverged = {}};
  const ArmScores same{.arm = "same", .scores = two.scores, .diverged = {}};
  const ArmScores near{.arm = "near", .scores = std::vector<double>(5, 2.01), .diverged = {}};
  const ArmScores far{.arm = "far", .scores = std::vector<double>(5, 1.5), .diverged = {}};
  for (const bool paired : {true, false}) {
    CHECK(only_finding(same, two, {.paired = paired}) == Finding::kEquivalent);
    CHECK(only_finding(near, two, {.paired = paired}) == Finding::kSmallDifference);
    CHECK(only_finding(far, two, {.paired = paired}) == Finding::kBetter);
  }
}

TEST_CASE("diverged runs are never equivalent", "[apps][statistics]") {
  const ArmScores baseline = lucky_arm("baseline", 2, 0);
  const std::vector<size_t> all = {0, 1, 2, 3, 4};
  // One run of five makes the mean uncertain by as much as it moves it.
  CHECK(only_finding(diverging_arm("arm", 2, {2}), baseline) == Finding::kNotDistinguishable);
  CHECK(only_finding(diverging_arm("arm", 2, all), baseline) == Finding::kWorse);
  CHECK(only_finding(baseline, diverging_arm("other", 2, all)) == Finding::kBetter);
  // The same seeds diverged and count the same: that says nothing about what they would have
  // learned.
  CHECK(only_finding(diverging_arm("arm", 2, {2}), diverging_arm("other", 2, {2})) ==
        Finding::kNotDistinguishable);
  CHECK(only_finding(diverging_arm("arm", 2, all), diverging_arm("other", 2, all)) ==
        Finding::kNotDistinguishable);
  const std::vector<ArmScores> arms = {baseline, diverging_arm("arm", 2, {2}),
                                       lucky_arm("fine", 2)};
  const std::vector<Comparison> found = compare_with_baseline(arms, "baseline");
  CHECK(found[0].equivalence_p_holm == 1);
  CHECK(found[1].finding == Finding::kEquivalent);
}

TEST_CASE("studies that cannot be judged are refused", "[apps][statistics]") {
  std::vector<ArmScores> arms = {lucky_arm("baseline", 2), lucky_arm("arm", 2)};
  CHECK_THROWS_AS(compare_with_baseline(arms, "nobody"), std::invalid_argument);
  arms[1].scores.pop_back();
  CHECK_THROWS_AS(compare_with_baseline(arms, "baseline"), std::invalid_argument);
  CHECK(compare_with_baseline(arms, "baseline", {.paired = false}).size() == 1);
  arms[1].scores[0] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(compare_with_baseline(arms, "baseline", {.paired = false}),
                    "score 0 of arm is inf");
  CHECK(compare_with_baseline({arms.data(), 1}, "baseline").empty());
}

TEST_CASE("findings have names", "[apps][statistics]") {
  CHECK(name_of(Finding::kBetter) == std::string("better"));
  CHECK(name_of(Finding::kWorse) == std::string("worse"));
  CHECK(name_of(Finding::kEquivalent) == std::string("equivalent"));
  CHECK(name_of(Finding::kSmallDifference) == std::string("small difference"));
  CHECK(name_of(Finding::kNotDistinguishable) == std::string("not distinguishable"));
}

TEST_CASE("a ranking says where arms may stand", "[apps][statistics]") {
  const std::vector<ArmScores> arms = {lucky_arm("far", 3, 3), lucky_arm("first", 2, 1),
                                       lucky_arm("as good", 2.0005, 2), lucky_arm("last", 4, 1)};
  const std::vector<Rank> ranks = rank_ranges(arms, "first");
  REQUIRE(ranks.size() == 4);
  const std::vector<std::pair<int, int>> expected = {{3, 3}, {1, 2}, {1, 2}, {4, 4}};
  for (size_t i = 0; i < ranks.size(); ++i) {
    INFO(arms[i].arm);
    CHECK(ranks[i].best == expected[i].first);
    CHECK(ranks[i].worst == expected[i].second);
  }
  CHECK(rank_ranges({}, "").empty());
  CHECK(rank_ranges({arms.data(), 1}, "far")[0].worst == 1);
}

// Six arms of five seeds, each `apart` from the last.
std::vector<ArmScores> arms_apart(double apart, std::mt19937& random) {
  std::normal_distribution<double> noise;
  std::vector<ArmScores> arms;
  for (int i = 0; i < 6; ++i) {
    arms.push_back({.arm = std::to_string(i), .scores = {}, .diverged = {}});
    for (int seed = 0; seed < 5; ++seed)
      arms.back().scores.push_back(5 + apart * i + noise(random));
  }
  return arms;
}

TEST_CASE("a ranking never contradicts the verdict", "[apps][statistics]") {
  std::mt19937 random(4);
  int found = 0;
  for (int study = 0; study < 300; ++study) {
    const std::vector<ArmScores> arms = arms_apart(0.8, random);
    const std::vector<Rank> ranks = rank_ranges(arms, "2");
    for (const Comparison& each : compare_with_baseline(arms, "2")) {
      const Rank &arm = ranks[std::stoul(each.arm)], &baseline = ranks[2];
      if (each.p_holm > 0.05) continue;
      ++found;
      const bool worse = each.test->difference > 0;
      CHECK((worse ? arm.best > baseline.best : arm.best < baseline.best));
      CHECK((worse ? arm.worst > baseline.worst : arm.worst < baseline.worst));
    }
  }
  CHECK(found > 100);
}

// Two families at 5 % each: arms that are all alike are told apart in 10 % of studies at most.
TEST_CASE("a ranking of equal arms seldom tells them apart", "[apps][statistics]") {
  std::mt19937 random(5);
  int wrong = 0;
  constexpr int kStudies = 2000;
  for (int study = 0; study < kStudies; ++study) {
    const std::vector<Rank> ranks = rank_ranges(arms_apart(0, random), "0");
    wrong += std::any_of(ranks.begin(), ranks.end(),
                         [](const Rank& rank) { return rank.best > 1 || rank.worst < 6; });
  }
  CHECK(wrong < 0.1 * kStudies);
  CHECK(wrong > 0.02 * kStudies);
}

}  // namespace norma
