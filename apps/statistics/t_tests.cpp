#include "apps/statistics/t_tests.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "apps/statistics/distributions.h"

namespace norma {
namespace {

struct Moments {
  double mean = 0, variance = 0;  // variance with n − 1
};

// About the first value, so that values that are all the same have that very mean and a variance
// of 0, whatever rounding does.
Moments moments_of(std::span<const double> values) {
  const double first = values.front(), count = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value - first;
  const double offset = sum / count;
  double squares = 0;
  for (const double value : values) {
    const double deviation = (value - first) - offset;
    squares += deviation * deviation;
  }
  return {first + offset, squares / (count - 1)};
}

void expect_two_values(const char* test, size_t count) {
  if (count < 2)
    throw std::invalid_argument(std::string(test) + " needs two values at least, there " +
                                (count == 1 ? "is one" : "are none"));
}

void expect_confidence(double confidence) {
  if (!(confidence > 0 && confidence < 1))
    throw std::invalid_argument("a confidence lies between 0 and 1, not at " +
                                std::to_string(confidence));
}

Interval interval_about(double mean, double standard_error, double degrees, double confidence) {
  expect_confidence(confidence);
  const double half = standard_error * student_t_quantile((1 + confidence) / 2, degrees);
  return {mean - half, mean + half};
}

// P(T ≥ distance/standard_error), also where there is no error: a distance above 0 is then certain.
double upper_tail(double distance, double standard_error, double degrees) {
  if (standard_error == 0) return distance > 0 ? 0 : 1;
  return student_t_cdf(-distance / standard_error, degrees);
}

TTest judged(double difference, double standard_error, double degrees, double confidence) {
  TTest test;
  test.difference = difference;
  test.standard_error = standard_error;
  test.degrees = degrees;
  test.p = std::min(1.0, 2 * upper_tail(std::fabs(difference), standard_error, degrees));
  test.confidence = confidence;
  test.interval = interval_about(difference, standard_error, degrees, confidence);
  return test;
}

}  // namespace

TTest paired_t_test(std::span<const double> x, std::span<const double> y, double confidence) {
  if (x.size() != y.size())
    throw std::invalid_argument("a paired test of " + std::to_string(x.size()) + " and " +
                                std::to_string(y.size()) + " values");
  expect_two_values("a paired test", x.size());
  std::vector<double> differences(x.size());
  std::transform(x.begin(), x.end(), y.begin(), differences.begin(), std::minus<>());
  const Moments of_x = moments_of(x), of_y = moments_of(y), of_both = moments_of(differences);
  const double count = static_cast<double>(x.size());
  TTest test = judged(of_both.mean, std::sqrt(of_both.variance / count), count - 1, confidence);
  test.paired = true;
  if (x.size() < 3 || of_x.variance == 0 || of_y.variance == 0) return test;
  double products = 0;
  for (size_t i = 0; i < x.size(); ++i) products += (x[i] - of_x.mean) * (y[i] - of_y.mean);
  const double scale = std::sqrt(of_x.variance) * std::sqrt(of_y.variance);
  test.correlation = std::clamp(products / (count - 1) / scale, -1.0, 1.0);
  if (of_both.variance > 0) test.power_gained = (of_x.variance + of_y.variance) / of_both.variance;
  return test;
}

TTest welch_t_test(std::span<const double> x, std::span<const double> y, double confidence) {
  expect_two_values("Welch's test", std::min(x.size(), y.size()));
  const Moments of_x = moments_of(x), of_y = moments_of(y);
  const double n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
  const double a = of_x.variance / n, b = of_y.variance / m;
  const double share = a + b > 0 ? a / (a + b) : 0;  // of x in the variance of the difference
  const double degrees =
      a + b > 0 ? 1 / (share * share / (n - 1) + (1 - share) * (1 - share) / (m - 1)) : n + m - 2;
  return judged(of_x.mean - of_y.mean, std::sqrt(a + b), degrees, confidence);
}

double equivalence_p(const TTest& test, double margin) {
  if (!(margin >= 0))
    throw std::invalid_argument("a margin of equivalence is 0 or more, not " +
                                std::to_string(margin));
  // The larger p of "at or below −margin" and "at or above margin".
  return upper_tail(margin - std::fabs(test.difference), test.standard_error, test.degrees);
}

double greater_p(const TTest& test, double bound) {
  return upper_tail(test.difference - bound, test.standard_error, test.degrees);
}

MeanEstimate mean_estimate(std::span<const double> values, double confidence) {
  expect_two_values("the interval of a mean", values.size());
  const Moments moments = moments_of(values);
  const double count = static_cast<double>(values.size());
  return {.mean = moments.mean,
          .deviation = std::sqrt(moments.variance),
          .count = values.size(),
          .interval = interval_about(moments.mean, std::sqrt(moments.variance / count), count - 1,
                                     confidence)};
}

}  // namespace norma
