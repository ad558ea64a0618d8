#include <cmath>
#include <stdexcept>

#include "apps/statistics/t_tests.h"
#include "tests/apps/statistics_golden.h"
#include "tests/catch.h"

namespace norma {
namespace {

// Hours of sleep gained by two drugs (Cushny and Peebles 1905), as Student printed them in "The
// probable error of a mean", 1908.
const std::vector<double> kDrug1 = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
const std::vector<double> kDrug2 = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

void expect_test(const TTest& test, const Json& golden) {
  CHECK(test.difference == close_to(golden.at("difference")));
  CHECK(test.standard_error == close_to(golden.at("standard_error")));
  CHECK(test.degrees == close_to(golden.at("degrees")));
  CHECK(test.p == close_to(golden.at("p")));
  CHECK(test.interval.low == close_to(golden.at("low")));
  CHECK(test.interval.high == close_to(golden.at("high")));
  const double margin = golden.at("margin").get<double>();
  CHECK(equivalence_p(test, margin) == close_to(golden.at("equivalence_p")));
  CHECK(greater_p(test, margin) == close_to(golden.at("greater_p")));
}

}  // namespace

TEST_CASE("the paired t-test gives SciPy's numbers", "[apps][statistics]") {
  for (const Json& golden : statistics_golden("paired")) {
    const TTest test =
        paired_t_test(golden_numbers(golden.at("x")), golden_numbers(golden.at("y")));
    INFO(golden.at("x").size() << " pairs");
    CHECK(test.paired);
    expect_test(test, golden);
    REQUIRE(test.correlation);
    CHECK(*test.correlation == close_to(golden.at("correlation")));
    REQUIRE(test.power_gained);
    CHECK(*test.power_gained == close_to(golden.at("power_gained")));
  }
}

TEST_CASE("Welch's t-test gives SciPy's numbers", "[apps][statistics]") {
  for (const Json& golden : statistics_golden("welch")) {
    const TTest test = welch_t_test(golden_numbers(golden.at("x")), golden_numbers(golden.at("y")));
    INFO(golden.at("x").size() << " and " << golden.at("y").size() << " values");
    CHECK_FALSE(test.paired);
    CHECK_FALSE(test.correlation);
    expect_test(test, golden);
  }
}

// To the digits that R prints for `sleep`, in the examples of t.test.
TEST_CASE("Student's sleep data, paired and not", "[apps][statistics]") {
  const TTest paired = paired_t_test(kDrug1, kDrug2);
  CHECK(paired.difference / paired.standard_error == Approx(-4.0621).margin(5e-5));
  CHECK(paired.degrees == 9);
  CHECK(paired.p == Approx(0.002833).margin(5e-7));
  CHECK(paired.difference == Approx(-1.58).margin(1e-12));
  CHECK(paired.interval.low == Approx(-2.4598858).margin(5e-8));
  CHECK(paired.interval.high == Approx(-0.7001142).margin(5e-8));

  const TTest apart = welch_t_test(kDrug1, kDrug2);
  CHECK(apart.difference / apart.standard_error == Approx(-1.8608).margin(5e-5));
  CHECK(apart.degrees == Approx(17.776).margin(5e-4));
  CHECK(apart.p == Approx(0.07939).margin(5e-6));
  CHECK(apart.interval.low == Approx(-3.3654832).margin(5e-8));
  CHECK(apart.interval.high == Approx(0.2054832).margin(5e-8));
}

TEST_CASE("a test turns its sign when its samples change places", "[apps][statistics]") {
  const TTest there = paired_t_test(kDrug1, kDrug2), back = paired_t_test(kDrug2, kDrug1);
  CHECK(there.difference == -back.difference);
  CHECK(there.p == back.p);
  CHECK(there.interval.low == -back.interval.high);
  CHECK(equivalence_p(there, 2) == equivalence_p(back, 2));
  CHECK(greater_p(there, 0) == close_to(1 - greater_p(back, 0)));
  CHECK(*there.correlation == *back.correlation);
}

TEST_CASE("a constant is no noise, whatever rounding does", "[apps][statistics]") {
  const std::vector<double> x(7, 0.1), y(7, 0.3);
  for (const TTest& test : {paired_t_test(x, y), welch_t_test(x, y)}) {
    CHECK(test.difference == close_to(-0.2));
    CHECK(test.standard_error == 0);
    CHECK(test.p == 0);
    CHECK(test.interval.width() == 0);
    CHECK(test.degrees == (test.paired ? 6 : 12));
    CHECK_FALSE(test.correlation);
    CHECK_FALSE(test.power_gained);
    CHECK(equivalence_p(test, 0.25) == 0);
    CHECK(equivalence_p(test, 0.15) == 1);
    CHECK(greater_p(test, -0.25) == 0);
    CHECK(greater_p(test, 0) == 1);
  }
  const TTest same = paired_t_test(x, x);
  CHECK(same.p == 1);
  CHECK(equivalence_p(same, 0) == 1);  // "at the margin" is not within it
  CHECK(equivalence_p(same, 1e-9) == 0);

  const MeanEstimate mean = mean_estimate(x);
  CHECK(mean.mean == 0.1);
  CHECK(mean.deviation == 0);
  CHECK(mean.interval.holds(0.1));
}

TEST_CASE("pairs that differ by the same amount", "[apps][statistics]") {
  const std::vector<double> x = {1, 2.5, 4}, y = {1.5, 3, 4.5};  // exact in binary
  const TTest test = paired_t_test(x, y);
  CHECK(test.difference == -0.5);
  CHECK(test.p == 0);
  REQUIRE(test.correlation);
  CHECK(*test.correlation == close_to(1));
  CHECK_FALSE(test.power_gained);
}

TEST_CASE("one side that does not vary", "[apps][statistics]") {
  const std::vector<double> still(5, 2.0), noisy = {2.1, 2.3, 1.9, 2.2, 2.4};
  const TTest apart = welch_t_test(noisy, still);
  CHECK(apart.degrees == close_to(4));
  const TTest paired = paired_t_test(noisy, still);
  CHECK(paired.p == close_to(apart.p));
  CHECK_FALSE(paired.correlation);
}

TEST_CASE("two pairs have an interval and no correlation", "[apps][statistics]") {
  const std::vector<double> x = {1, 2}, y = {1.5, 2.25};
  const TTest test = paired_t_test(x, y);
  CHECK(test.degrees == 1);
  CHECK(test.p == close_to(2 * std::atan(1.0 / 3) / std::acos(-1.0)));  // |t| = 3: Cauchy's tails
  CHECK_FALSE(test.correlation);
}

TEST_CASE("what no t-test can judge is refused", "[apps][statistics]") {
  const std::vector<double> none, one = {1}, two = {1, 2}, three = {1, 2, 3};
  CHECK_THROWS_AS(paired_t_test(one, one), std::invalid_argument);
  CHECK_THROWS_AS(paired_t_test(none, none), std::invalid_argument);
  CHECK_THROWS_AS(paired_t_test(two, three), std::invalid_argument);
  CHECK_THROWS_AS(welch_t_test(one, three), std::invalid_argument);
  CHECK_THROWS_AS(mean_estimate(one), std::invalid_argument);
  CHECK_THROWS_AS(mean_estimate(none), std::invalid_argument);
  CHECK_THROWS_AS(mean_estimate(two, 1), std::invalid_argument);
  CHECK_THROWS_AS(paired_t_test(two, two, 0), std::invalid_argument);
  CHECK_THROWS_AS(equivalence_p(paired_t_test(two, two), -0.1), std::invalid_argument);
}

TEST_CASE("the mean's interval is SciPy's", "[apps][statistics]") {
  for (const Json& golden : statistics_golden("means")) {
    const MeanEstimate mean =
        mean_estimate(golden_numbers(golden.at("values")), golden.at("confidence").get<double>());
    CHECK(mean.count == golden.at("values").size());
    CHECK(mean.mean == close_to(golden.at("mean")));
    CHECK(mean.deviation == close_to(golden.at("deviation")));
    CHECK(mean.interval.low == close_to(golden.at("low")));
    CHECK(mean.interval.high == close_to(golden.at("high")));
  }
}

TEST_CASE("the detectable difference has the power it says", "[apps][statistics]") {
  for (const Json& golden : statistics_golden("power")) {
    INFO(golden.dump());
    const double alpha = golden.at("alpha").get<double>(), power = golden.at("power").get<double>();
    CHECK(detectable_difference(1, golden.at("degrees").get<double>(), alpha, power) ==
          close_to(golden.at("shift")));
  }
  // Cohen, "Statistical power analysis for the behavioral sciences", 1988: a medium effect (half a
  // deviation of the differences) at two-sided 0.05 and power 0.8 needs 34 pairs.
  CHECK(detectable_difference(1 / std::sqrt(33.0), 32) > 0.5);
  CHECK(detectable_difference(1 / std::sqrt(34.0), 33) < 0.5);
  CHECK(detectable_difference(0, 4) == 0);
  CHECK_THROWS_AS(detectable_difference(1, 4, 0.05, 0.05), std::invalid_argument);
  CHECK_THROWS_AS(detectable_difference(1, 4, 0, 0.8), std::invalid_argument);
}

}  // namespace norma
