#include "apps/evaluations/corruptions.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "apps/evaluations/pixels.h"
#include "tests/catch.h"
#include "tests/data/scratch.h"
#include "tests/specimen.h"

namespace norma {
namespace {

// An image and the memory it stands in.
struct Canvas {
  Canvas(int64_t height, int64_t width, int64_t channels, double value = 0)
      : Canvas(height, width, channels,
               std::vector<double>(static_cast<size_t>(height * width * channels), value)) {}
  Canvas(int64_t height, int64_t width, int64_t channels, std::vector<double> numbers)
      : pixels(std::move(numbers)), picture{height, width, channels, pixels} {}
  Canvas(const Canvas&) = delete;
  double sum() const { return std::accumulate(pixels.begin(), pixels.end(), 0.0); }
  std::vector<double> pixels;
  Picture picture;
};

using Line = std::vector<double>;
const Line kNine{0.1, 0.2, 0.3,  //
                 0.4, 0.5, 0.6,  //
                 0.7, 0.8, 0.9};

Line turned(double degrees) {
  Canvas canvas(3, 3, 1, kNine);
  rotate(canvas.picture, degrees);
  return canvas.pixels;
}

RandomSequence some_numbers(uint32_t sample = 0) {
  return RandomSequence(RandomStream(3, 4), sample);
}

}  // namespace

TEST_CASE("rotation: quarter turns move pixels and change none", "[apps]") {
  CHECK(turned(0) == kNine);
  CHECK(turned(90) == Line{0.3, 0.6, 0.9, 0.2, 0.5, 0.8, 0.1, 0.4, 0.7});
  CHECK(turned(180) == Line{0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1});
  CHECK(turned(-90) == Line{0.7, 0.4, 0.1, 0.8, 0.5, 0.2, 0.9, 0.6, 0.3});
  CHECK(turned(270) == turned(-90));
  CHECK(turned(360) == kNine);

  Canvas colours(2, 2, 2, Line{0.1, 0.5, 0.2, 0.6, 0.3, 0.7, 0.4, 0.8});
  rotate(colours.picture, 90);
  CHECK(colours.pixels == Line{0.2, 0.6, 0.4, 0.8, 0.1, 0.5, 0.3, 0.7});
}

TEST_CASE("rotation: between pixels, and black beyond the border", "[apps]") {
  Canvas white(3, 3, 1, 1.0);
  rotate(white.picture, 45);
  // A corner shows the place (1 - √2, 1): above the image but for the share 2 - √2.
  CHECK(white.picture.at(0, 0, 0) == Approx(2 - std::sqrt(2.0)).epsilon(1e-14));
  CHECK(white.picture.at(1, 1, 0) == 1);
  CHECK(white.picture.at(0, 1, 0) == Approx(1).epsilon(1e-14));
  // A ramp from left to right, turned by 30 degrees, in its middle: bilinear maps keep ramps.
  Canvas ramp(9, 9, 1, 0.0);
  for (int64_t y = 0; y < 9; ++y)
    for (int64_t x = 0; x < 9; ++x) ramp.picture.at(y, x, 0) = static_cast<double>(x) / 10;
  rotate(ramp.picture, 30);
  const double right = std::sqrt(3.0) / 20;  // cos 30° of a step of 0.1
  CHECK(ramp.picture.at(4, 5, 0) - ramp.picture.at(4, 4, 0) == Approx(right).epsilon(1e-12));
  CHECK(ramp.picture.at(5, 4, 0) - ramp.picture.at(4, 4, 0) == Approx(-0.05).epsilon(1e-12));
}

TEST_CASE("blur: weights of a Gaussian; a constant stays, and so does every sum", "[apps]") {
  Canvas grey(5, 7, 2, 0.3);
  blur(grey.picture, 2.5);  // reaches further than the image
  for (const double pixel : grey.pixels) CHECK(pixel == Approx(0.3).epsilon(1e-14));

  Canvas dot(21, 21, 1, 0.0);
  dot.picture.at(10, 10, 0) = 1;
  blur(dot.picture, 1.5);
  double all = 0;
  for (int d = -6; d <= 6; ++d) all += std::exp(-d * d / 4.5);
  for (const int64_t dy : {0, 1, 4})
    for (const int64_t dx : {0, 2, 6}) {
      const double expected = std::exp(-static_cast<double>(dy * dy + dx * dx) / 4.5) / (all * all);
      CHECK(dot.picture.at(10 + dy, 10 - dx, 0) == Approx(expected).epsilon(1e-12));
    }
  CHECK(dot.picture.at(10, 17, 0) == 0);  // beyond four deviations
  CHECK(dot.sum() == Approx(1).epsilon(1e-12));

  Canvas corner(6, 4, 1, 0.0);
  corner.picture.at(0, 3, 0) = 1;
  blur(corner.picture, 3);
  CHECK(corner.sum() == Approx(1).epsilon(1e-12));
}

TEST_CASE("noise: of the deviation asked for, the same numbers at every severity", "[apps]") {
  Canvas once(64, 64, 1, 0.5), twice(64, 64, 1, 0.5), loud(64, 64, 1, 0.5);
  const auto add = [](const Canvas& canvas, double deviation) {
    RandomSequence random = some_numbers();
    add_noise(canvas.picture, deviation, random);
  };
  add(once, 0.03), add(twice, 0.06), add(loud, 3);
  double mean = 0, squares = 0;
  for (const double pixel : once.pixels) {
    mean += (pixel - 0.5) / 4096;
    squares += (pixel - 0.5) * (pixel - 0.5) / 4096;
  }
  CHECK(std::abs(mean) < 4 * 0.03 / 64);  // four standard errors
  CHECK(std::abs(std::sqrt(squares) / 0.03 - 1) < 4 / std::sqrt(2.0 * 4096));
  for (size_t i = 0; i < once.pixels.size(); ++i)
    CHECK(twice.pixels[i] - 0.5 == Approx(2 * (once.pixels[i] - 0.5)).margin(1e-14));
  CHECK(*std::min_element(loud.pixels.begin(), loud.pixels.end()) == 0);
  CHECK(*std::max_element(loud.pixels.begin(), loud.pixels.end()) == 1);
}

TEST_CASE("contrast: distances from the mean of each channel", "[apps]") {
  const auto changed = [](double factor) {
    Canvas canvas(1, 2, 2, Line{0.25, 0.0, 0.75, 0.5});
    change_contrast(canvas.picture, factor);
    return canvas.pixels;
  };
  CHECK(changed(0.5) == Line{0.375, 0.125, 0.625, 0.375});
  CHECK(changed(0) == Line{0.5, 0.25, 0.5, 0.25});
  CHECK(changed(1) == Line{0.25, 0.0, 0.75, 0.5});
  CHECK(changed(2) == Line{0, 0, 1, 0.75});
}

TEST_CASE("occlusion: a whole square, anywhere", "[apps]") {
  const Line colour{0.25, 0.75};
  bool corners[4] = {};
  for (uint32_t sample = 0; sample < 200; ++sample) {
    Canvas canvas(5, 4, 2, 0.0);
    RandomSequence random = some_numbers(sample);
    occlude(canvas.picture, 3, colour, random);
    CHECK(std::count(canvas.pixels.begin(), canvas.pixels.end(), 0.25) == 9);
    CHECK(std::count(canvas.pixels.begin(), canvas.pixels.end(), 0.75) == 9);
    corners[0] |= canvas.picture.at(0, 0, 0) > 0;
    corners[1] |= canvas.picture.at(0, 3, 0) > 0;
    corners[2] |= canvas.picture.at(4, 0, 1) > 0;
    corners[3] |= canvas.picture.at(4, 3, 1) > 0;
  }
  CHECK(std::count(corners, corners + 4, true) == 4);
  Canvas whole(3, 3, 1, 0.0);
  RandomSequence random = some_numbers();
  occlude(whole.picture, 3, Line{0.5}, random);
  CHECK(whole.pixels == Line(9, 0.5));
}

TEST_CASE("pixels: normalized images and their bytes, back and forth with the same bits",
          "[apps]") {
  for (const char* normalize : {"standard", "unit"})
    for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
      const auto data = load_data(R"({"type": "shapes", "size": 8, "samples": 30, "normalize": ")" +
                                  std::string(normalize) + "\"}");
      const PixelSpace space(images_of(*data, "the test"));
      Batch batch;
      data->fetch(Split::kTrain, 0, 27, dtype, batch);
      const std::vector<double> pixels = space.pixels_of(batch.input);
      for (const double pixel : pixels) REQUIRE(pixel == std::round(pixel * 255) / 255);
      CHECK(*std::min_element(pixels.begin(), pixels.end()) >= 0);
      CHECK(*std::max_element(pixels.begin(), pixels.end()) <= 1);
      const Tensor back = Tensor::empty(batch.input.shape(), dtype);
      space.write(pixels, back);
      CHECK(same_bits(back, batch.input));
    }
}

}  // namespace norma
