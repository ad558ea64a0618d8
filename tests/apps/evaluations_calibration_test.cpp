#include "apps/evaluations/calibration.h"

#include <cmath>
#include <limits>

#include "data/dataset.h"
#include "tests/catch.h"

namespace norma {
namespace {

Tensor classes_of(const std::vector<double>& numbers) {
  return Tensor::from(numbers, {std::ssize(numbers)}, DType::kInt32);
}

// `count` rows of this confidence, of which so many are right.
std::vector<RowScore> rows_with(double confidence, int count, int right) {
  std::vector<RowScore> rows;
  for (int i = 0; i < count; ++i)
    rows.push_back({.counted = true, .correct = i < right, .confidence = confidence});
  return rows;
}

}  // namespace

TEST_CASE("calibration: what a row of logits says, worked by hand", "[apps]") {
  // p = (1/8, 5/8, 1/4); the logits may be moved as a whole, far out too.
  const std::vector<double> logs{std::log(1.0), std::log(5.0), std::log(2.0)};
  std::vector<double> numbers;
  for (const double move : {0.0, 2000.0, -2000.0, 0.0})
    for (const double log : logs) numbers.push_back(log + move);
  const Tensor logits = Tensor::from(numbers, {4, 3}, DType::kFloat64);
  const std::vector<RowScore> rows = row_scores(logits, classes_of({1, 0, 2, kIgnored}), kIgnored);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(rows[i].counted);
    CHECK(rows[i].predicted == 1);
    CHECK(rows[i].confidence == Approx(0.625).epsilon(1e-12));
    CHECK(rows[i].correct == (i == 0));
  }
  CHECK(rows[0].nll == Approx(std::log(1.6)).epsilon(1e-12));
  CHECK(rows[1].nll == Approx(std::log(8.0)).epsilon(1e-12));
  CHECK(rows[2].nll == Approx(std::log(4.0)).epsilon(1e-12));
  CHECK(rows[0].distance == Approx(14.0 / 64).epsilon(1e-12));  // (1 + 9 + 4)/64
  CHECK(rows[1].distance == Approx((49.0 + 25.0 + 4.0) / 64).epsilon(1e-12));
  CHECK(rows[2].distance == Approx((1.0 + 25.0 + 36.0) / 64).epsilon(1e-12));
  CHECK_FALSE(rows[3].counted);
  CHECK_FALSE(row_scores(logits, classes_of({1, 0, 2, 0}), 0)[1].counted);

  CalibrationSums sums;
  sums.add(rows);
  const Calibration found = sums.result();
  CHECK(found.brier == Approx((14.0 + 78 + 62) / 64 / 3).epsilon(1e-12));
  CHECK(found.nll == Approx(std::log(1.6 * 8 * 4) / 3).epsilon(1e-12));
  CHECK(found.ece == Approx(0.625 - 1.0 / 3).epsilon(1e-12));
}

TEST_CASE("calibration: the gap of each bin, weighted by its rows", "[apps]") {
  CalibrationSums sums;
  sums.add(rows_with(0.75, 4, 3));  // as often right as said
  sums.add(rows_with(0.95, 2, 1));  // 0.45 too sure
  sums.add(rows_with(0.35, 2, 1));  // 0.15 too modest
  sums.add(rows_with(1.0, 2, 2));   // shares the bin of 0.95: (14/15, 1]
  // The last bin has 3 of 4 right at a mean confidence of 0.975.
  CHECK(sums.result().ece == Approx((4 * 0.225 + 2 * 0.15) / 10).epsilon(1e-12));

  // Over- and underconfidence in one bin hide each other, in different ones they do not.
  CalibrationSums apart;
  apart.add(rows_with(0.2, 1, 1));  // on the border of a bin: it belongs below, (2/15, 3/15]
  apart.add(rows_with(0.21, 1, 0));
  CHECK(apart.result().ece == Approx((0.8 + 0.21) / 2).epsilon(1e-12));
}

TEST_CASE("calibration: what is not a number says so", "[apps]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor logits = Tensor::from(std::vector<double>{0, nan, 1, 2}, {2, 2}, DType::kFloat32);
  const std::vector<RowScore> rows = row_scores(logits, classes_of({0, 1}), kIgnored);
  CHECK(rows[0].predicted == -1);
  CHECK_FALSE(rows[0].correct);
  CHECK(rows[1].correct);
  CalibrationSums sums;
  sums.add(rows);
  CHECK(std::isnan(sums.result().ece));
  CHECK(std::isnan(sums.result().brier));
  CHECK(std::isnan(sums.result().nll));
}

}  // namespace norma
