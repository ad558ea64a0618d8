#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {

TEST_CASE("the arm of a spiral follows from the point", "[data][spirals]") {
  const auto data = load_data(
      R"({"type": "spirals", "classes": 3, "turns": 1.25, "noise": 0, "train_samples": 600})");
  CHECK(data->info().kind == InputKind::kFeatures);
  CHECK(data->info().classes == 3);
  Batch batch;
  data->fetch(Split::kTrain, 0, 600, DType::kFloat64, batch);
  REQUIRE(batch.input.shape() == Shape{600, 2});
  REQUIRE(batch.target.shape() == Shape{600});
  CHECK(batch.tokens == 0);
  const double* point = batch.input.data<double>();
  int wrong = 0, outer = 0;
  for (int i = 0; i < 600; ++i, point += 2) {
    const double radius = std::hypot(point[0], point[1]);
    const double turn = std::atan2(point[1], point[0]) / (2 * std::numbers::pi);
    const double arm = 3 * (turn - 1.25 * radius);  // class, up to multiples of 3
    const double nearest = std::round(arm);
    REQUIRE(std::abs(arm - nearest) < 1e-9);
    wrong += ((static_cast<int>(nearest) % 3) + 3) % 3 != batch.target.data<int32_t>()[i];
    outer += radius > 0.5;
    REQUIRE(radius < 1);
  }
  CHECK(wrong == 0);
  CHECK(std::abs(outer - 450) < 50);  // an area three times that of the inner half
}

TEST_CASE("noise has the deviation asked for", "[data][spirals]") {
  const std::string start = R"({"type": "spirals", "train_samples": 4000, "noise": )";
  Batch clean, noisy;
  load_data(start + "0}")->fetch(Split::kTrain, 0, 4000, DType::kFloat64, clean);
  load_data(start + "0.1}")->fetch(Split::kTrain, 0, 4000, DType::kFloat64, noisy);
  double squares = 0;
  for (int64_t i = 0; i < 8000; ++i) {
    const double distance = noisy.input.data<double>()[i] - clean.input.data<double>()[i];
    squares += distance * distance;
  }
  CHECK(std::abs(std::sqrt(squares / 8000) - 0.1) < 0.003);
}

TEST_CASE("the card of the spirals counts points by class", "[data][spirals]") {
  const DataCard card =
      load_data(R"({"type": "spirals", "train_samples": 101, "test_samples": 0})")->card();
  REQUIRE(card.splits.size() == 2);
  CHECK(card.splits[0].class_counts == std::vector<int64_t>{51, 50});
  CHECK(card.splits[1].class_counts == std::vector<int64_t>{500, 500});
  CHECK(card.duplicates.at(0).found == 0);
}

}  // namespace norma
