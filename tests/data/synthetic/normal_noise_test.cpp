#include <cmath>

#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {

TEST_CASE("normal noise is independent, of mean 0 and variance 1", "[data]") {
  const auto data = load_data(R"({"type": "normal_noise", "size": 16, "channels": 3, "classes": 5,
                                  "train_samples": 60, "val_samples": 20, "test_samples": 0})");
  CHECK(data->info().channels == 3);
  CHECK(data->info().classes == 5);
  Batch batch;
  data->fetch(Split::kTrain, 0, 60, DType::kFloat64, batch);
  const double* const pixels = batch.input.data<double>();
  const int64_t count = batch.input.numel(), image = 16 * 16 * 3;
  double sum = 0, square = 0, fourth = 0, neighbours = 0, images = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += pixels[i];
    square += pixels[i] * pixels[i];
    fourth += std::pow(pixels[i], 4);
    neighbours += pixels[i] * pixels[(i + 1) % count];
    images += pixels[i] * pixels[(i + image) % count];
  }
  // Five deviations of each mean.
  const double n = static_cast<double>(count), few = 5 / std::sqrt(n);
  CHECK(std::abs(sum / n) < few);
  CHECK(std::abs(square / n - 1) < few * std::sqrt(2.0));
  CHECK(std::abs(fourth / n - 3) < few * std::sqrt(96.0));
  CHECK(std::abs(neighbours / n) < few);
  CHECK(std::abs(images / n) < few);
}

TEST_CASE("normal noise is the same sample wherever it is fetched", "[data]") {
  const auto data = load_data(R"({"type": "normal_noise", "size": 4, "channels": 1})");
  Batch all, one;
  data->fetch(Split::kTrain, 0, 9, DType::kFloat32, all);
  data->fetch(Split::kTrain, 7, 1, DType::kFloat32, one);
  for (int64_t i = 0; i < 16; ++i) CHECK(one.input.item(i) == all.input.item(7 * 16 + i));
  CHECK(one.target.data<int32_t>()[0] == 7);
  data->fetch(Split::kTest, 7, 1, DType::kFloat32, one);
  CHECK(one.input.item(0) != all.input.item(7 * 16));
  const DataCard card = data->card();
  CHECK(card.splits.size() == 3);
  CHECK(card.splits[0].sha256 != card.splits[1].sha256);
  CHECK(card.splits[1].class_counts == std::vector<int64_t>(10, 10));
}

}  // namespace norma
