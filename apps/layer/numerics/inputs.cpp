#include "apps/layer/numerics/inputs.h"

#include <cmath>

#include "core/rng.h"

namespace norma::numerics {
namespace {

// Two passes over n numbers, the second corrected for what the mean is off.
template <class At>
ExactMoments exact_moments_of(int64_t n, At at) {
  const auto count = static_cast<long double>(n);
  long double sum = 0, squares = 0, rest = 0;
  for (int64_t i = 0; i < n; ++i) sum += at(i);
  const long double mean = sum / count;
  for (int64_t i = 0; i < n; ++i) {
    const long double u = at(i) - mean;
    squares += u * u;
    rest += u;
  }
  return {mean + rest / count, (squares - rest * rest / count) / count};
}

}  // namespace

Draws::Draws(int64_t longest) : longest_(longest) {
  for (int64_t r = 0; r < kRows; ++r) {
    RandomSequence random(RandomStream(1, stable_hash("numerics")), static_cast<uint32_t>(r));
    for (int64_t i = 0; i < longest; ++i) normal_.push_back(random.normal());
  }
}

double Draws::number(int64_t row, int64_t i,
                     const std::function<double(int64_t, double)>& value) const {
  const double factor = std::exp2(static_cast<double>(row) / static_cast<double>(kRows));
  return factor * value(i, normal_[static_cast<size_t>(row * longest_ + i)]);
}

Rows Draws::rows(int64_t length, const std::function<double(int64_t, double)>& value) const {
  Rows made{.rows = kRows, .length = length, .numbers = {}};
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t i = 0; i < length; ++i)
      made.numbers.push_back(static_cast<float>(number(r, i, value)));
  return made;
}

std::vector<long double> Draws::variances(
    int64_t length, const std::function<double(int64_t, double)>& value) const {
  std::vector<long double> found;
  for (int64_t r = 0; r < kRows; ++r)
    found.push_back(exact_moments_of(length, [&](int64_t i) -> long double {
                      return number(r, i, value);
                    }).variance);
  return found;
}

std::vector<ExactMoments> exact_moments(const Rows& rows) {
  std::vector<ExactMoments> found;
  for (int64_t r = 0; r < rows.rows; ++r)
    found.push_back(exact_moments_of(rows.length,
                                     [x = rows.row(r)](int64_t i) -> long double { return x[i]; }));
  return found;
}

const std::vector<HardInput>& hard_inputs() {
  static const std::vector<HardInput> all{
      {"mean 0, σ 1", [](int64_t, int64_t, double z) { return z; }},
      {"mean 1000, σ 1", [](int64_t, int64_t, double z) { return 1000 + z; }},
      {"σ 1e18: the sum of squares leaves float32",
       [](int64_t, int64_t, double z) { return 1e18 * z; }},
      {"σ 1e30: every square does", [](int64_t, int64_t, double z) { return 1e30 * z; }},
      {"σ 1e-18", [](int64_t, int64_t, double z) { return 1e-18 * z; }},
      {"σ 1e-30: every square is 0", [](int64_t, int64_t, double z) { return 1e-30 * z; }},
      {"σ 1e-40: subnormal numbers", [](int64_t, int64_t, double z) { return 1e-40 * z; }},
      {"the last number 1e6, the others σ 1",
       [](int64_t i, int64_t n, double z) { return i == n - 1 ? 1e6 : z; }},
      {"the first number 1e6, the others σ 1",
       [](int64_t i, int64_t, double z) { return i == 0 ? 1e6 : z; }},
  };
  return all;
}

std::vector<double> mean_ratios() {
  std::vector<double> ratios;
  for (int half = -6; half <= 16; ++half) ratios.push_back(std::pow(10.0, 0.5 * half));
  return ratios;
}

}  // namespace norma::numerics
