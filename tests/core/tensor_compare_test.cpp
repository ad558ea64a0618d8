#include "core/tensor_compare.h"

#include <cmath>
#include <limits>

#include "tests/catch.h"

namespace norma {
namespace {

Tensor row(const std::vector<double>& numbers) {
  return Tensor::from(numbers, {std::ssize(numbers)}, DType::kFloat64);
}

}  // namespace

TEST_CASE("how far a tensor is from a reference", "[core]") {
  constexpr double kInfinite = std::numeric_limits<double>::infinity(), kNan = NAN;
  CHECK(relative_difference(row({1, -4, 2}), row({1, -5, 2})) == 0.2);
  CHECK(relative_difference(row({0, 0}), row({0, 0})) == 0);
  CHECK(largest_magnitude(row({1, -kInfinite, -3, kNan})) == 3);
  // What is not finite on one side alone is never passed over, wherever it stands.
  for (const double odd : {kNan, kInfinite}) {
    CHECK(relative_difference(row({odd, 1, 2}), row({1, 1, 2})) == kInfinite);
    CHECK(relative_difference(row({1, 1, odd}), row({1, 1, 2})) == kInfinite);
    CHECK(relative_difference(row({1, 1}), row({odd, 1})) == kInfinite);
    CHECK(relative_difference(row({odd, 1}), row({odd, 1})) == 0);
  }
  CHECK(largest_difference(row({1, 2}), row({1, 2, 3})) == kInfinite);
}

}  // namespace norma
