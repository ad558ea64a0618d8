#include "core/kernels/norm/row_moments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/catch.h"

namespace norma {
namespace {

struct Moments {
  double mean = 0, m2 = 0;
};

// About the mean, in long double.
template <class T>
Moments exact(const T* x, int64_t n, bool centred) {
  long double mean = 0, m2 = 0;
  for (int64_t i = 0; centred && i < n; ++i) mean += x[i];
  mean /= n;
  for (int64_t i = 0; i < n; ++i) m2 += (x[i] - mean) * (x[i] - mean);
  return {static_cast<double>(mean), static_cast<double>(m2)};
}

// Standard normal rows, `stride` apart, whose first numbers may lie far from the rest.
template <class T>
std::vector<T> rows_of(int64_t rows, int64_t stride, double mean, int64_t odd, double odd_value) {
  std::mt19937 random(static_cast<unsigned>(stride));
  std::normal_distribution<double> normal(mean, 1);
  std::vector<T> x(static_cast<size_t>(rows * stride));
  for (T& each : x) each = static_cast<T>(normal(random));
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < std::min(odd, stride); ++c)
      x[static_cast<size_t>(r * stride + c)] = static_cast<T>(mean + odd_value);
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("moments of rows are right wherever a row's first numbers lie", "[norms]", float,
                   double) {
  const double unit = std::numeric_limits<TestType>::epsilon();
  constexpr int64_t kRows = 5, kGap = 3;
  for (const int64_t n : {1, 2, 7, 15, 17, 33, 256, 1031})
    for (const double mean : {0.0, 1000.0})
      for (const int64_t odd : {0, 1, 16})  // 16: all of the register that tells the shift
        for (const double odd_value : {8.0, -300.0})
          for (const bool centred : {true, false}) {
            const auto x = rows_of<TestType>(kRows, n + kGap, mean, odd, odd_value);
            double means[kRows], m2[kRows];
            kernels::row_moments(x.data(), n + kGap, kRows, n, centred, means, m2);
            for (int64_t r = 0; r < kRows; ++r) {
              const Moments right = exact(x.data() + r * (n + kGap), n, centred);
              INFO("n " << n << ", mean " << mean << ", odd " << odd << " at " << odd_value
                        << ", centred " << centred << ", row " << r);
              const double deviation = std::sqrt(right.m2 / static_cast<double>(n));
              CHECK(std::abs(means[r] - right.mean) <= 8 * unit * deviation + 1e-300);
              CHECK(std::abs(m2[r] - right.m2) <= 8 * unit * right.m2);
            }
          }
}

TEST_CASE("rows of one number, repeated, have no variance", "[norms]") {
  for (const int64_t n : {1, 3, 8, 16, 17, 100}) {
    const std::vector<float> x(static_cast<size_t>(2 * n), 0.1f);
    double mean[2], m2[2];
    kernels::row_moments(x.data(), n, 2, n, true, mean, m2);
    for (const int r : {0, 1}) {
      CHECK(mean[r] == static_cast<double>(0.1f));
      CHECK(m2[r] == 0);
    }
  }
}

}  // namespace norma
