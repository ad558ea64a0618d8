#include "core/singular_values.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/catch.h"
#include "tests/core/numbers.h"

namespace norma {
namespace {

using Doubles = std::vector<double>;

Doubles unit_vector(int64_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  Doubles v(static_cast<size_t>(size));
  double squares = 0;
  for (double& each : v) {
    each = normal(generator);
    squares += each * each;
  }
  for (double& each : v) each /= std::sqrt(squares);
  return v;
}

// (I − 2uuᵀ)·diag(values)·(I − 2vvᵀ): a full matrix with these singular values.
Tensor matrix_with(const Doubles& values, int64_t rows, int64_t columns) {
  const Doubles u = unit_vector(rows, 3), v = unit_vector(columns, 5);
  Doubles entries;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (size_t k = 0; k < values.size(); ++k) {
        const bool row = static_cast<size_t>(i) == k, column = static_cast<size_t>(j) == k;
        sum += values[k] * (row - 2 * u[static_cast<size_t>(i)] * u[k]) *
               (column - 2 * v[static_cast<size_t>(j)] * v[k]);
      }
      entries.push_back(sum);
    }
  return Tensor::from(entries, {rows, columns}, DType::kFloat64);
}

double largest_difference(const Doubles& a, const Doubles& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

}  // namespace

TEST_CASE("singular values: those that a matrix was made of, largest first") {
  const int64_t sizes[][2] = {{1, 1}, {1, 17}, {15, 1}, {17, 17}, {33, 15}, {15, 33}, {64, 63}};
  for (const auto [rows, columns] : sizes) {
    CAPTURE(rows, columns);
    Doubles values;
    for (int64_t k = 0; k < std::min(rows, columns); ++k) values.push_back(3 * std::pow(0.6, k));
    CHECK(largest_difference(singular_values(matrix_with(values, rows, columns)), values) < 1e-14);
  }
}

TEST_CASE("singular values: small ones are right, and several may be equal or zero") {
  const Doubles values{2, 1, 1, 1, 1e-9, 0, 0};
  CHECK(largest_difference(singular_values(matrix_with(values, 9, 7)), values) < 1e-14);
  CHECK(singular_values(Tensor::zeros({5, 3}, DType::kFloat32)) == Doubles{0, 0, 0});
}

TEST_CASE("singular values: those of the Hilbert matrix, whose smallest is 2e-6 of its largest") {
  Doubles entries;
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j) entries.push_back(1.0 / (i + j + 1));
  // Fettis and Caslin 1967.
  const Doubles published{1.5670506910982, 0.20853421861101, 0.011407491623420, 3.0589804015e-4,
                          3.287928772e-6};
  CHECK(largest_difference(singular_values(Tensor::from(entries, {5, 5}, DType::kFloat64)),
                           published) < 1e-13);
}

TEST_CASE("singular values: a matrix that is not finite has none; of some rows, evenly spaced") {
  Tensor broken = Tensor::full({4, 3}, DType::kFloat64, 1);
  broken.data<double>()[5] = kInf;
  for (const double each : singular_values(broken)) CHECK(std::isnan(each));

  const Tensor rows = Tensor::from(Doubles{1, 0, 9, 9, 0, 2, 9, 9}, {4, 2}, DType::kFloat64);
  CHECK(largest_difference(singular_values_of_some_rows(rows, 2), {2, 1}) < 1e-15);
}

}  // namespace norma
