#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "apps/statistics/distributions.h"
#include "tests/apps/statistics_golden.h"
#include "tests/catch.h"

namespace norma {
namespace {

using OfNumbers = std::function<double(const std::vector<double>&)>;

void expect_golden(const std::string& name, const OfNumbers& function) {
  for (const Json& row : statistics_golden("distributions").at(name)) {
    INFO(name << " of " << row.at("of").dump());
    CHECK(function(golden_numbers(row.at("of"))) == close_to(row.at("is")));
  }
}

}  // namespace

TEST_CASE("distributions agree with mpmath at 25 digits", "[apps][statistics]") {
  expect_golden("student_t_cdf", [](const auto& of) { return student_t_cdf(of[0], of[1]); });
  expect_golden("student_t_quantile",
                [](const auto& of) { return student_t_quantile(of[0], of[1]); });
  expect_golden("noncentral_t_cdf",
                [](const auto& of) { return noncentral_t_cdf(of[0], of[1], of[2]); });
  expect_golden("normal_cdf", [](const auto& of) { return normal_cdf(of[0]); });
  expect_golden("normal_quantile", [](const auto& of) { return normal_quantile(of[0]); });
  expect_golden("beta_quantile", [](const auto& of) { return beta_quantile(of[0], of[1], of[2]); });
}

TEST_CASE("quantiles undo distribution functions", "[apps][statistics]") {
  for (const double degrees : {1.0, 2.0, 3.7, 4.0, 9.0, 50.0}) {
    for (const double p : {1e-6, 0.01, 0.3, 0.5, 0.9, 0.9995}) {
      INFO("degrees " << degrees << ", p " << p);
      CHECK(student_t_cdf(student_t_quantile(p, degrees), degrees) == close_to(p));
      CHECK(normal_cdf(normal_quantile(p)) == close_to(p));
    }
  }
}

TEST_CASE("distributions at their ends", "[apps][statistics]") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(student_t_cdf(-kInfinity, 4) == 0);
  CHECK(student_t_cdf(kInfinity, 4) == 1);
  CHECK(student_t_quantile(0, 4) == -kInfinity);
  CHECK(student_t_quantile(1, 4) == kInfinity);
  CHECK(normal_quantile(1) == kInfinity);
  CHECK(beta_quantile(0, 2, 3) == 0);
  CHECK(beta_quantile(1, 2, 3) == 1);
  // Many degrees of freedom: the normal distribution.
  CHECK(student_t_cdf(1.3, kInfinity) == close_to(normal_cdf(1.3)));
  // No shift: Student's t.
  CHECK(noncentral_t_cdf(1.3, 5, 0) == close_to(student_t_cdf(1.3, 5)));
}

TEST_CASE("arguments that no distribution has are refused", "[apps][statistics]") {
  CHECK_THROWS_AS(student_t_cdf(1, 0), std::domain_error);
  CHECK_THROWS_AS(student_t_cdf(std::nan(""), 4), std::domain_error);
  CHECK_THROWS_AS(student_t_quantile(1.01, 4), std::domain_error);
  CHECK_THROWS_AS(noncentral_t_cdf(1, -1, 0), std::domain_error);
  CHECK_THROWS_AS(normal_quantile(-0.01), std::domain_error);
  CHECK_THROWS_AS(beta_quantile(0.5, 0, 1), std::domain_error);
}

}  // namespace norma
