#include <stdexcept>

#include "apps/statistics/trend.h"
#include "tests/apps/statistics_golden.h"
#include "tests/catch.h"

namespace norma {

TEST_CASE("a trend is the mean slope of its seeds, as SciPy has it", "[apps][statistics]") {
  const Json& golden = statistics_golden("trend");
  const std::vector<double> x = golden_numbers(golden.at("x"));
  const std::vector<std::vector<double>> values = golden_lists(golden.at("values"));
  const Trend found = trend(x, values);
  CHECK(found.slope.mean == close_to(golden.at("slope")));
  CHECK(found.slope.interval.low == close_to(golden.at("low")));
  CHECK(found.slope.interval.high == close_to(golden.at("high")));
  CHECK(found.slope.count == values[0].size());
  CHECK(found.p == close_to(golden.at("p")));

  std::vector<double> first;
  for (const std::vector<double>& setting : values) first.push_back(setting[0]);
  const Line line = fit_line(x, first);
  CHECK(line.slope == close_to(golden.at("first_slope")));
  CHECK(line.offset == close_to(golden.at("first_offset")));
}

TEST_CASE("a line through points on a line", "[apps][statistics]") {
  const std::vector<double> x = {1, 2, 4}, y = {5, 3, -1};
  const Line line = fit_line(x, y);
  CHECK(line.slope == close_to(-2));
  CHECK(line.offset == close_to(7));
  const std::vector<std::vector<double>> same = {{5, 6}, {3, 4}, {-1, 0}};
  CHECK(trend(x, same).slope.deviation == Approx(0).margin(1e-15));
}

TEST_CASE("what no line fits is refused", "[apps][statistics]") {
  const std::vector<double> none, one = {1}, same = {2, 2}, two = {1, 2};
  CHECK_THROWS_AS(fit_line(none, none), std::invalid_argument);
  CHECK_THROWS_AS(fit_line(one, one), std::invalid_argument);
  CHECK_THROWS_AS(fit_line(same, two), std::invalid_argument);
  CHECK_THROWS_AS(fit_line(two, one), std::invalid_argument);
  using Values = std::vector<std::vector<double>>;
  CHECK_THROWS_AS(trend(two, Values{{1, 2}}), std::invalid_argument);
  CHECK_THROWS_AS(trend(two, Values{{1, 2}, {1}}), std::invalid_argument);
  CHECK_THROWS_AS(trend(two, Values{{1}, {2}}), std::invalid_argument);
}

}  // namespace norma
