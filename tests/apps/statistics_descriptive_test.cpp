#include <cmath>
#include <limits>
#include <stdexcept>

#include "apps/statistics/descriptive.h"
#include "tests/apps/statistics_golden.h"
#include "tests/catch.h"

namespace norma {
namespace {

using Tasks = std::vector<std::vector<double>>;

// Both come from resampling, ours and NumPy's by other random numbers, 20,000 times each: the
// standard error of an end is 0.5 % of the interval's width, so 3 % is four deviations of a
// difference.
void expect_same_bootstrap(const Interval& interval, const Json& golden) {
  const double tolerance = 0.03 * interval.width();
  CHECK(interval.low == Approx(golden.at(0).get<double>()).margin(tolerance));
  CHECK(interval.high == Approx(golden.at(1).get<double>()).margin(tolerance));
}

}  // namespace

TEST_CASE("the interquartile mean is SciPy's trimmed mean", "[apps][statistics]") {
  const Json& cases = statistics_golden("descriptive").at("iqm");
  const Measure iqm = interquartile_mean(golden_lists(cases[0].at("scores")), 7, 20000);
  REQUIRE(iqm.value);
  CHECK(*iqm.value == close_to(cases[0].at("is")));
  REQUIRE(iqm.interval);
  expect_same_bootstrap(*iqm.interval, cases[0].at("interval"));
  CHECK(iqm.why_not.empty());

  const Measure few = interquartile_mean(golden_lists(cases[1].at("scores")), 7);
  REQUIRE(few.value);
  CHECK(*few.value == close_to(cases[1].at("is")));
  CHECK_FALSE(few.interval);
  CHECK(few.why_not == "an interval needs ten runs of each task, there are two");
}

TEST_CASE("the probability of improvement is Mann and Whitney's U", "[apps][statistics]") {
  const Json& cases = statistics_golden("descriptive").at("improvement");
  const Tasks x = golden_lists(cases[0].at("x")), y = golden_lists(cases[0].at("y"));
  const Measure better = probability_of_improvement(x, y, 7, 20000);
  REQUIRE(better.value);
  CHECK(*better.value == close_to(cases[0].at("is")));
  REQUIRE(better.interval);
  expect_same_bootstrap(*better.interval, cases[0].at("interval"));

  const Measure back = probability_of_improvement(y, x, 7, 20);
  CHECK(*better.value + *back.value == close_to(1));
  CHECK(*probability_of_improvement(x, x, 7, 20).value == close_to(0.5));

  const Measure few =
      probability_of_improvement(golden_lists(cases[1].at("x")), golden_lists(cases[1].at("y")), 7);
  CHECK(*few.value == close_to(cases[1].at("is")));
  CHECK(few.why_not == "an interval needs ten runs of each task, there are five");
  CHECK_FALSE(few.interval);
}

TEST_CASE("a bootstrap follows from its seed", "[apps][statistics]") {
  const Json& scores = statistics_golden("descriptive").at("iqm")[0].at("scores");
  const Tasks tasks = golden_lists(scores);
  const Interval once = *interquartile_mean(tasks, 7).interval;
  const Interval again = *interquartile_mean(tasks, 7).interval;
  const Interval other = *interquartile_mean(tasks, 8).interval;
  CHECK(once.low == again.low);
  CHECK(once.high == again.high);
  CHECK(once.low != other.low);
  CHECK(once.holds(*interquartile_mean(tasks, 7).value));
  // Resampling stays within a task: where no task varies, nothing does.
  const Tasks constant = {std::vector<double>(10, 1.0), std::vector<double>(10, 2.0),
                          std::vector<double>(10, 3.0)};
  CHECK(interquartile_mean(constant, 7).interval->width() == 0);
}

TEST_CASE("too few points are said to be too few", "[apps][statistics]") {
  const Measure one_task = interquartile_mean(Tasks{{1, 2, 3}}, 1);
  CHECK_FALSE(one_task.value);
  CHECK(one_task.why_not == "needs three tasks, there is one");
  CHECK(interquartile_mean(Tasks{}, 1).why_not == "needs three tasks, there are none");
  CHECK(interquartile_mean(Tasks{{1}, {}, {2}}, 1).why_not ==
        "needs a run of each task, there are none");
  CHECK(probability_of_improvement(Tasks{{1}}, Tasks{{}}, 1).why_not ==
        "needs a run of each task, there are none");
  CHECK_THROWS_AS(probability_of_improvement(Tasks{{1}}, Tasks{{1}, {2}}, 1),
                  std::invalid_argument);
  CHECK_THROWS_AS(interquartile_mean(Tasks(3, std::vector<double>(10, 1.0)), 1, 0),
                  std::invalid_argument);
}

TEST_CASE("performance profiles count tasks within a time ratio", "[apps][statistics]") {
  constexpr double kMissed = std::numeric_limits<double>::infinity();
  // Task 0: arm 0 is fastest. Task 1: both take as long. Task 2: arm 0 misses it. Task 3: both do.
  const std::vector<Profile> profiles =
      performance_profiles(Tasks{{10, 8, kMissed, kMissed}, {25, 8, 3, kMissed}});
  REQUIRE(profiles.size() == 2);
  CHECK(profiles[0].tau == std::vector<double>{1});
  CHECK(profiles[0].share == std::vector<double>{0.5});
  CHECK(profiles[1].tau == std::vector<double>{1, 2.5});
  CHECK(profiles[1].share == std::vector<double>{0.5, 0.75});
}

TEST_CASE("profiles of arms that are never fastest, or reach nothing", "[apps][statistics]") {
  constexpr double kMissed = std::numeric_limits<double>::infinity();
  const std::vector<Profile> profiles =
      performance_profiles(Tasks{{1, 1}, {2, 3}, {kMissed, kMissed}});
  CHECK(profiles[1].tau == std::vector<double>{1, 2, 3});
  CHECK(profiles[1].share == std::vector<double>{0, 0.5, 1});
  CHECK(profiles[2].tau == std::vector<double>{1});
  CHECK(profiles[2].share == std::vector<double>{0});
  // A target that is reached before the first step.
  const std::vector<Profile> at_once = performance_profiles(Tasks{{0, 0}, {0, 5}});
  CHECK(at_once[0].share == std::vector<double>{1});
  CHECK(at_once[1].tau == std::vector<double>{1});
  CHECK(at_once[1].share == std::vector<double>{0.5});
  CHECK(performance_profiles(Tasks{}).empty());
  CHECK_THROWS_AS(performance_profiles(Tasks{{1, 2}, {1}}), std::invalid_argument);
  CHECK_THROWS_AS(performance_profiles(Tasks{{-1}}), std::invalid_argument);
  CHECK_THROWS_AS(performance_profiles(Tasks{{std::nan("")}}), std::invalid_argument);
}

TEST_CASE("sensitivity to the learning rate", "[apps][statistics]") {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> scores = {2.5, 2.0, 2.25, 9, inf, std::nan("")};
  // The last three count the 4 of initialization: mean 3.125, best 2.
  CHECK(sensitivity(scores, 4) == close_to(1.125));
  CHECK(sensitivity(std::vector<double>{3, 3, 3}, 4) == 0);
  CHECK(sensitivity(std::vector<double>{inf}, 4) == 0);
  CHECK_THROWS_AS(sensitivity(std::vector<double>{}, 4), std::invalid_argument);
}

}  // namespace norma
