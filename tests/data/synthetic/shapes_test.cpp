#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "data/synthetic/render.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

// Two numbers that tell the shapes apart wherever, however large and however turned they are:
// second moment about the centroid over area², and the share of the circumcircle that is filled.
struct Invariants {
  double inertia = 0, fill = 0;
};

// By integration over the shape of circumradius 1.
constexpr double kPi = std::numbers::pi;
const std::array<Invariants, kShapeNames.size()> kExpectedInvariants{{
    {1 / (2 * kPi), 1},                                            // disc
    {15 / 16.0 / (2 * kPi) / (9 / 16.0), 0.75},                    // ring with a hole of half size
    {1 / 6.0, 2 / kPi},                                            // square
    {std::numbers::sqrt3 / 9, 3 * std::numbers::sqrt3 / 4 / kPi},  // triangle
    {29 / 150.0, 2 / kPi},                                         // cross of five squares
    {3 / 14.0, 2 / 3.0 / kPi},                                     // star √|u| + √|v| = 1
}};

// Measures one clean grey image: ground in the corner, the brightest pixel is all shape.
Invariants measure(const double* pixels, int64_t side) {
  const double ground = std::min({pixels[0], pixels[side - 1], pixels[side * side - 1]});
  const double bright = *std::max_element(pixels, pixels + side * side);
  double area = 0, sum_y = 0, sum_x = 0;
  const auto covered = [&](int64_t y, int64_t x) {
    return (pixels[y * side + x] - ground) / (bright - ground);
  };
  for (int64_t y = 0; y < side; ++y)
    for (int64_t x = 0; x < side; ++x) {
      area += covered(y, x);
      sum_y += covered(y, x) * static_cast<double>(y);
      sum_x += covered(y, x) * static_cast<double>(x);
    }
  double moment = 0, reach = 0;
  for (int64_t y = 0; y < side; ++y)
    for (int64_t x = 0; x < side; ++x) {
      const double dy = static_cast<double>(y) - sum_y / area;
      const double dx = static_cast<double>(x) - sum_x / area;
      moment += covered(y, x) * (dy * dy + dx * dx);
      if (covered(y, x) > 0.1) reach = std::max(reach, std::hypot(dy, dx));
    }
  return {moment / (area * area), area / (kPi * reach * reach)};
}

}  // namespace

TEST_CASE("drawn shapes have the area and moment that geometry says", "[data][shapes]") {
  constexpr int64_t kSide = 64;
  for (size_t shape = 0; shape < kShapeNames.size(); ++shape)
    for (const double angle : {0.0, 0.3, 1.1}) {
      const ShapeBrush brush({static_cast<int>(shape), 31.7, 32.2, 25, angle});
      std::vector<double> pixels;
      double area = 0;
      for (int64_t y = 0; y < kSide; ++y)
        for (int64_t x = 0; x < kSide; ++x) {
          pixels.push_back(brush.coverage(y, x));
          area += pixels.back();
        }
      INFO(kShapeNames[shape] << " at " << angle);
      CHECK(std::abs(area / (kPi * 25 * 25) / kExpectedInvariants[shape].fill - 1) < 0.02);
      CHECK(std::abs(measure(pixels.data(), kSide).inertia / kExpectedInvariants[shape].inertia -
                     1) < 0.02);
    }
}

TEST_CASE("the class of a clean image follows from its pixels", "[data][shapes]") {
  const auto data = load_data(R"({"type": "shapes", "size": 48, "channels": 1, "noise": 0,
      "samples": 300, "test_samples": 60, "val_fraction": 0, "normalize": "unit"})");
  CHECK(data->info().classes == 6);
  Batch batch;
  data->fetch(Split::kTrain, 0, 300, DType::kFloat64, batch);
  int right = 0;
  for (int i = 0; i < 300; ++i) {
    const Invariants seen = measure(batch.input.data<double>() + i * 48 * 48, 48);
    size_t best = 0;
    double smallest = 1e9;
    for (size_t shape = 0; shape < kExpectedInvariants.size(); ++shape) {
      const double distance =
          std::hypot(std::log(seen.inertia / kExpectedInvariants[shape].inertia),
                     0.3 * std::log(seen.fill / kExpectedInvariants[shape].fill));
      if (distance < smallest) {
        smallest = distance;
        best = shape;
      }
    }
    right += static_cast<int>(best) == batch.target.data<int32_t>()[i];
  }
  CHECK(right >= 291);  // 97 %
}

TEST_CASE("shapes come with splits, class names and noise as asked", "[data][shapes]") {
  const auto data = load_data(R"({"type": "shapes", "size": 16, "classes": 3, "samples": 100,
                                  "test_samples": 30})");
  CHECK(data->size(Split::kTrain) == 90);
  CHECK(data->size(Split::kValidation) == 10);
  CHECK(data->size(Split::kTest) == 30);
  CHECK(data->info().channels == 3);
  const DataCard card = data->card();
  CHECK(card.class_names == std::vector<std::string>{"disc", "ring", "square"});
  CHECK(card.splits[2].class_counts == std::vector<int64_t>{10, 10, 10});
  for (const DuplicateCard& duplicate : card.duplicates) CHECK(duplicate.found == 0);

  const auto noisy = load_data(R"({"type": "shapes", "size": 32, "channels": 1, "noise": 0.05,
      "samples": 200, "test_samples": 0, "val_fraction": 0, "normalize": "unit"})");
  Batch batch;
  noisy->fetch(Split::kTrain, 0, 200, DType::kFloat64, batch);
  // Neighbours in a corner mostly both show the ground and differ by two draws of noise; images
  // whose ground is so dark that noise is cut off are left out. The median, because here and there
  // a shape reaches into the corner.
  std::vector<double> differences;
  for (int i = 0; i < 200; ++i) {
    const double* image = batch.input.data<double>() + i * 32 * 32;
    if (image[0] < 0.1 || image[1] < 0.1 || image[0] > 0.5 || image[1] > 0.5) continue;
    differences.push_back(std::abs(image[0] - image[1]));
  }
  REQUIRE(differences.size() > 80);
  std::sort(differences.begin(), differences.end());
  // Of two even draws from ±√3·0.05 the difference is below 2√3·0.05·(1 − 1/√2) half of the time.
  const double expected = 2 * std::numbers::sqrt3 * 0.05 * (1 - 1 / std::numbers::sqrt2);
  CHECK(std::abs(differences[differences.size() / 2] - expected) < 0.012);
}

}  // namespace norma
