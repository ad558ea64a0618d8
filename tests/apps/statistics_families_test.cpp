#include <cmath>
#include <stdexcept>

#include "apps/statistics/verdict.h"
#include "tests/apps/statistics_golden.h"
#include "tests/catch.h"

namespace norma {
namespace {

// P(X ≥ count) of X hits in `of` tries.
double binomial_upper_tail(int count, int of, double p) {
  double sum = 0;
  for (int hits = count; hits <= of; ++hits) {
    const double ways = std::lgamma(of + 1) - std::lgamma(hits + 1) - std::lgamma(of - hits + 1);
    sum += std::exp(ways + hits * std::log(p) + (of - hits) * std::log1p(-p));
  }
  return sum;
}

}  // namespace

TEST_CASE("Holm's method gives statsmodels' numbers", "[apps][statistics]") {
  for (const Json& golden : statistics_golden("holm")) {
    const std::vector<double> adjusted = holm_adjusted(golden_numbers(golden.at("p")));
    REQUIRE(adjusted.size() == golden.at("adjusted").size());
    for (size_t i = 0; i < adjusted.size(); ++i)
      CHECK(adjusted[i] == close_to(golden.at("adjusted")[i]));
  }
  CHECK(holm_adjusted({}).empty());
}

// Benjamini and Hochberg, "Controlling the false discovery rate", 1995, section 3.2: fifteen
// p-values of a trial of thrombolysis, of which methods that hold the familywise rate at 0.05
// reject the three smallest.
TEST_CASE("Holm's method on a published family", "[apps][statistics]") {
  const std::vector<double> p = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                                 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
  const std::vector<double> adjusted = holm_adjusted(p);
  for (size_t i = 0; i < p.size(); ++i) CHECK((adjusted[i] <= 0.05) == (i < 3));
  CHECK(adjusted[2] == close_to(13 * 0.0019));
}

TEST_CASE("shares have statsmodels' intervals", "[apps][statistics]") {
  for (const Json& golden : statistics_golden("proportions")) {
    INFO(golden.dump());
    const Proportion share =
        clopper_pearson(golden.at("count").get<int>(), golden.at("of").get<int>(),
                        golden.at("confidence").get<double>());
    CHECK(share.interval.low == close_to(golden.at("low")));
    CHECK(share.interval.high == close_to(golden.at("high")));
  }
}

// Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven
// methods", Statistics in Medicine 17, 1998, table I, method 5.
TEST_CASE("shares have the published intervals", "[apps][statistics]") {
  struct Row {
    int count, of;
    double low, high;
  };
  for (const Row& row : {Row{81, 263, 0.2527, 0.3676}, Row{15, 148, 0.0578, 0.1617},
                         Row{0, 20, 0.0000, 0.1684}, Row{1, 29, 0.0009, 0.1776}}) {
    const Proportion share = clopper_pearson(row.count, row.of);
    CHECK(share.count == row.count);
    CHECK(share.of == row.of);
    CHECK(share.interval.low == Approx(row.low).margin(5e-5));
    CHECK(share.interval.high == Approx(row.high).margin(5e-5));
  }
}

TEST_CASE("the ends of a share's interval leave 2.5 % outside", "[apps][statistics]") {
  for (const auto& [count, of] : {std::pair{1, 3}, {2, 5}, {9, 10}, {40, 250}}) {
    const Interval interval = clopper_pearson(count, of).interval;
    CHECK(binomial_upper_tail(count, of, interval.low) == close_to(0.025));
    CHECK(1 - binomial_upper_tail(count + 1, of, interval.high) == close_to(0.025));
  }
  CHECK(clopper_pearson(0, 0).interval.width() == 1);
  CHECK(clopper_pearson(0, 3).interval.low == 0);
  CHECK(clopper_pearson(3, 3).interval.high == 1);
  CHECK_THROWS_AS(clopper_pearson(-1, 3), std::invalid_argument);
  CHECK_THROWS_AS(clopper_pearson(4, 3), std::invalid_argument);
  CHECK_THROWS_AS(clopper_pearson(1, 3, 1.0), std::invalid_argument);
}

}  // namespace norma
