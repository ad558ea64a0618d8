#include "core/kernels/dual.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/catch.h"

namespace norma {
namespace {

using math::Dual;
using math::Vec;
using D = Dual<double>;

// f'(x) by a fourth-order central difference.
template <class F>
double difference_quotient(F f, double x) {
  const double h = 1e-3 * std::fabs(x);
  return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

// The slope agrees with finite differences, and a vector of floats agrees with double.
template <class F>
void check_slope(const char* name, F f, std::vector<double> at = {-2.3, -0.7, 0.4, 1.9}) {
  for (double x : at) {
    INFO(name << " at " << x);
    const D y = f(D(x, 1));
    CHECK(y.value == Approx(f(x)).epsilon(1e-14));
    CHECK(y.slope == Approx(difference_quotient(f, x)).epsilon(1e-9).margin(1e-10));
    CHECK(f(D(x, 3)).slope == Approx(3 * y.slope).epsilon(1e-13));  // linear in the direction
    const auto lanes = f(Dual<Vec<float>>(Vec<float>(x), Vec<float>(1)));
    CHECK(lanes.value[0] == Approx(y.value).epsilon(1e-5).margin(1e-6));
    CHECK(lanes.slope[0] == Approx(y.slope).epsilon(1e-5).margin(1e-6));
    const auto alone = f(Dual<float>(static_cast<float>(x), 1));
    CHECK(alone.slope == Approx(y.slope).epsilon(1e-5).margin(1e-6));
  }
}

}  // namespace

TEST_CASE("every function's slope is its derivative", "[dual]") {
  using namespace math;
  const std::vector<double> positive = {0.2, 0.9, 3.1};
  check_slope("negation", [](auto x) { return -x; });
  check_slope("sum", [](auto x) { return 2.0f + x + x + 0.5f; });
  check_slope("difference", [](auto x) { return 2.0f - (x - 0.5f) - x * x; });
  check_slope("product", [](auto x) { return 3.0f * x * x * 0.25f; });
  check_slope("quotient", [](auto x) {
    return 1.0f / (x * x + 1.0f) / (x / 2.0f + 7.0f) + x / (x * x + 2.0f);
  });
  check_slope("assignment", [](auto x) {
    auto y = x;
    y += x * x;
    y -= x / (x * x + 1.0f);
    y *= x;
    y /= x * x + 2.0f;
    return y;
  });
  check_slope("max", [](auto x) { return max(x * x, x); });
  check_slope("min", [](auto x) { return min(x * x, x); });
  check_slope("clamp", [](auto x) { return clamp(x * x, decltype(x)(0.3), decltype(x)(3.0)); });
  check_slope("relu", [](auto x) { return relu(x); });
  check_slope("select", [](auto x) { return select(x > decltype(x)(0), x * x, x); });
  check_slope("abs", [](auto x) { return abs(x); });
  check_slope(
      "sqrt", [](auto x) { return sqrt(x); }, positive);
  check_slope(
      "rsqrt", [](auto x) { return rsqrt(x); }, positive);
  check_slope("exp", [](auto x) { return exp(x * x); });
  check_slope(
      "log", [](auto x) { return log(x); }, positive);
  check_slope(
      "log1p", [](auto x) { return log1p(x); }, positive);
  check_slope("tanh", [](auto x) { return tanh(x); });
  check_slope("erf", [](auto x) { return erf(x); });
  check_slope("sigmoid", [](auto x) { return sigmoid(x); });
  check_slope("softplus", [](auto x) { return softplus(x); });
  check_slope("atan", [](auto x) { return atan(x); });
  check_slope("sin", [](auto x) { return sin(x); });
  check_slope("cos", [](auto x) { return cos(x); });
}

TEST_CASE("at corners the slope is PyTorch's", "[dual]") {
  CHECK(max(D(2, 1), D(2, 5)).slope == 3);
  CHECK(min(D(2, 1), D(2, 5)).slope == 3);
  CHECK(max(D(2, 1), 2.0).slope == 0.5);
  CHECK(relu(D(0, 1)).slope == 0);
  CHECK(abs(D(0, 1)).slope == 0);
  CHECK(clamp(D(1, 1), D(-1), D(1)).slope == 1);
  CHECK(clamp(D(-1, 1), D(-1), D(1)).slope == 1);
  CHECK(clamp(D(1.5, 1), D(-1), D(1)).slope == 0);
  CHECK(clamp(D(1.5, 1), D(-1), D(1, 4)).slope == 4);  // the bound moves instead
}

TEST_CASE("NaN passes through the corners of duals", "[dual]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(max(D(nan, 1), D(0)).value));
  CHECK(std::isnan(max(D(0, 1), D(nan)).value));
  CHECK(std::isnan(min(D(0, 1), D(nan)).value));
  CHECK(std::isnan(relu(D(nan, 1)).value));
  CHECK(std::isnan(clamp(D(nan, 1), D(-1), D(1)).value));
}

TEST_CASE("duals of duals give second derivatives", "[dual]") {
  using DD = Dual<D>;
  const double x = 0.6;
  const DD y = tanh(DD(D(x, 1), D(1, 0)));
  const double t = std::tanh(x);
  CHECK(y.slope.slope == Approx(-2 * t * (1 - t * t)).epsilon(1e-13));
}

}  // namespace norma
