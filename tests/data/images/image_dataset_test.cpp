#include "data/images/image_dataset.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "data/loader.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"

namespace norma {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr int64_t kImageHeight = 5, kImageWidth = 7, kImageChannels = 3;

// `count` images of random pixels; labels take turns.
LabelledImages random_images(int64_t count, uint64_t seed, int64_t classes = 4) {
  LabelledImages images{kImageHeight, kImageWidth, kImageChannels, {}, {}};
  RandomSequence random(RandomStream(seed, 3));
  for (int64_t i = 0; i < count; ++i) {
    images.labels.push_back(static_cast<uint8_t>(i % classes));
    for (int64_t p = 0; p < images.image_size(); ++p)
      images.pixels.push_back(static_cast<uint8_t>(random.below(200) + 20));
  }
  return images;
}

ImageFiles random_files(int64_t training = 40, int64_t test = 8) {
  ImageFiles files;
  files.type = "test";
  files.source = "memory";
  files.classes = 4;
  files.training = random_images(training, 1);
  files.test = random_images(test, 2);
  return files;
}

ImageOptions unit_options() {
  ImageOptions options;
  options.normalize = "unit";
  return options;
}

}  // namespace

TEST_CASE("channels of the training split have mean 0 and deviation 1", "[data][images]") {
  const ImageDataset data(random_files(), ImageOptions{});
  Batch batch;
  data.fetch(Split::kTrain, 0, 36, DType::kFloat64, batch);
  const std::vector<double> values = batch.input.to_vector();
  for (size_t c = 0; c < kImageChannels; ++c) {
    double sum = 0, squares = 0;
    for (size_t i = c; i < values.size(); i += kImageChannels) {
      sum += values[i];
      squares += values[i] * values[i];
    }
    const double count = static_cast<double>(values.size()) / kImageChannels;
    CHECK(std::abs(sum / count) < 1e-12);
    CHECK(std::abs(squares / count - 1) < 1e-12);
  }
}

TEST_CASE("float32 images are the float64 ones, rounded once", "[data][images]") {
  const ImageDataset data(random_files(), ImageOptions{});
  Batch single, twice;
  data.fetch(Split::kTest, 0, 8, DType::kFloat32, single);
  data.fetch(Split::kTest, 0, 8, DType::kFloat64, twice);
  for (int64_t i = 0; i < single.input.numel(); ++i)
    REQUIRE(single.input.data<float>()[i] == static_cast<float>(twice.input.data<double>()[i]));
}

TEST_CASE("a channel without contrast becomes 0, not infinite", "[data][images]") {
  ImageFiles files = random_files();
  for (size_t i = 1; i < files.training.pixels.size(); i += kImageChannels)
    files.training.pixels[i] = 9;
  const ImageDataset data(std::move(files), ImageOptions{});
  Batch batch;
  data.fetch(Split::kTrain, 0, 1, DType::kFloat32, batch);
  CHECK(batch.input.item(1) == 0);
  data.fetch(Split::kTest, 0, 8, DType::kFloat32, batch);
  for (const double value : batch.input.to_vector()) CHECK(std::isfinite(value));
}

TEST_CASE("augmented images are shifted, mirrored and cut as drawn", "[data][images]") {
  ImageOptions options = unit_options();
  options.augment = {.crop = 3, .flip = true, .cutout = 3};
  const ImageFiles files = random_files();
  const std::vector<uint8_t> pixels = files.training.pixels;
  const ImageDataset data(files, options);
  const std::vector<double> mean = [&] {
    ImageOptions standard;
    return ImageDataset(files, standard).card().mean;
  }();
  const RandomStream stream(5, 6);
  const std::vector<int64_t> places{3, 3, 17, 30, 31, 3, 0, 1, 2, 4};
  Batch batch;
  data.fetch_training({places, 1000, stream}, DType::kFloat64, batch);
  const double* out = batch.input.data<double>();
  for (size_t i = 0; i < places.size(); ++i) {
    const Augmentation how =
        draw_augmentation(options.augment, kImageHeight, kImageWidth, stream, 1000 + i);
    for (int64_t y = 0; y < kImageHeight; ++y)
      for (int64_t x = 0; x < kImageWidth; ++x)
        for (int64_t c = 0; c < kImageChannels; ++c, ++out) {
          // First the shifted image with its black border, then the mirror, then the hole.
          const int64_t source_y = y + how.shift_y;
          const int64_t source_x = (how.flip ? kImageWidth - 1 - x : x) + how.shift_x;
          double expected = 0;
          if (source_y >= 0 && source_y < kImageHeight && source_x >= 0 && source_x < kImageWidth)
            expected = pixels[static_cast<size_t>(
                           ((places[i] * kImageHeight + source_y) * kImageWidth + source_x) *
                               kImageChannels +
                           c)] /
                       255.0;
          if (y >= how.top && y < how.bottom && x >= how.left && x < how.right)
            expected = mean[static_cast<size_t>(c)];
          REQUIRE(std::abs(*out - expected) < 1e-15);
        }
  }
}

TEST_CASE("augmentations are drawn evenly", "[data][images]") {
  const RandomStream stream(1, 1);
  std::set<std::pair<int64_t, int64_t>> shifts;
  int flips = 0, whole_holes = 0;
  constexpr int kDraws = 4000;
  for (uint64_t number = 0; number < kDraws; ++number) {
    const Augmentation how =
        draw_augmentation({.crop = 2, .flip = true, .cutout = 4}, 12, 12, stream, number);
    shifts.insert({how.shift_y, how.shift_x});
    flips += how.flip;
    REQUIRE(how.top >= 0);
    REQUIRE(how.left >= 0);
    REQUIRE(how.bottom <= 12);
    REQUIRE(how.right <= 12);
    whole_holes += how.bottom - how.top == 4 && how.right - how.left == 4;
  }
  CHECK(shifts.size() == 25);
  CHECK(std::abs(flips - kDraws / 2) < 150);
  // The hole is whole when its centre is 2 or more from two edges, 1 from the others: (9/12)².
  CHECK(std::abs(whole_holes - kDraws * 81 / 144) < 150);
  const Augmentation none = draw_augmentation({}, 12, 12, stream, 7);
  CHECK((none.shift_y == 0 && none.shift_x == 0 && !none.flip && none.bottom == none.top));
}

TEST_CASE("evaluation shows every image as it is", "[data][images]") {
  ImageOptions options = unit_options();
  options.augment = {.crop = 3, .flip = true, .cutout = 3};
  const ImageFiles files = random_files();
  const ImageDataset data(files, options);
  Batch batch;
  data.fetch(Split::kTest, 0, 8, DType::kFloat64, batch);
  for (size_t i = 0; i < files.test.pixels.size(); ++i)
    REQUIRE(batch.input.data<double>()[i] == files.test.pixels[i] / 255.0);
}

TEST_CASE("the card counts classes and copies, and says which class is missing", "[data][images]") {
  ImageFiles files = random_files(40, 8);
  const int64_t size = files.training.image_size();
  const auto copy = [&](LabelledImages& to, int64_t at, const LabelledImages& from, int64_t which) {
    std::copy_n(from.pixels.begin() + which * size, size, to.pixels.begin() + at * size);
  };
  copy(files.training, 1, files.training, 0);   // within training
  copy(files.training, 38, files.training, 5);  // validation holds a training image
  copy(files.test, 2, files.training, 6);
  copy(files.test, 3, files.training, 6);
  for (uint8_t& label : files.test.labels) label = static_cast<uint8_t>(label == 3 ? 0 : label);
  const DataCard card = ImageDataset(files, ImageOptions{}).card();
  REQUIRE(card.duplicates.size() == 3);
  CHECK(card.duplicates[0].found == 1);
  CHECK(card.duplicates[1].found == 1);
  CHECK(card.duplicates[2].found == 2);
  CHECK(card.splits[0].class_counts == std::vector<int64_t>{9, 9, 9, 9});
  CHECK(card.splits[2].class_counts == std::vector<int64_t>{4, 2, 2, 0});
  REQUIRE(card.notes.size() == 1);
  CHECK_THAT(card.notes[0], ContainsSubstring("class 3 has 9 images in the train split, 0 in the"));
  const Json json = card.json();
  CHECK(json["sample"]["height"] == kImageHeight);
  CHECK(json["normalization"]["mean"].size() == 3);
  CHECK(json["splits"]["test"]["samples"] == 8);
}

TEST_CASE("nothing left to train on is an error", "[data][images]") {
  ImageOptions options;
  options.val_fraction = 0.99;
  CHECK_THAT(error_of([&] { ImageDataset(random_files(4, 4), options); }),
             ContainsSubstring("4 training images leave none"));
}

}  // namespace norma
