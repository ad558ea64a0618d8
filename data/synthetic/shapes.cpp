#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/parallel.h"
#include "data/images/image_dataset.h"
#include "data/synthetic/render.h"

namespace norma {
namespace {

struct ShapesOptions {
  int64_t size = 32, channels = 3;
  int64_t classes = kShapeNames.size();
  double noise = 0.05;
  int64_t samples = 10000, test_samples = 2000, seed = 0;
  ImageOptions images;
  void describe(Fields& f) {
    f.integer("size", size, "height and width in pixels", {.min = 8, .max = 1024});
    f.integer("channels", channels, "1 for grey, 3 for colours", {.min = 1, .max = 4});
    f.integer("classes", classes, "the first of disc, ring, square, triangle, cross, star",
              {.min = 2, .max = kShapeNames.size()});
    f.number("noise", noise, "deviation of the noise on each pixel, of a brightness range of 1",
             {.min = 0, .max = 1});
    f.integer("samples", samples, "images for training and validation", {.min = 1, .max = 1e7});
    f.integer("test_samples", test_samples, "images for testing", {.min = 0, .max = 1e7});
    f.integer("seed", seed, "the images follow from it; the training's own seed is another",
              {.min = 0});
    images.describe(f);
  }
};

// Draws one image: a bright shape of random place, size, angle and colour on a dark ground.
void draw_image(const ShapesOptions& o, int shape, const RandomStream& stream, uint32_t index,
                uint8_t* pixels) {
  RandomSequence random(stream, index);
  const auto between = [&](double low, double high) {
    return low + (high - low) * random.uniform();
  };
  const double side = static_cast<double>(o.size);
  ShapePose pose;
  pose.shape = shape;
  pose.radius = side * between(0.2, 0.4);
  pose.centre_y = between(pose.radius, side - pose.radius);
  pose.centre_x = between(pose.radius, side - pose.radius);
  pose.angle = between(0, 2 * std::numbers::pi);
  std::array<double, 4> bright{}, dark{};
  for (size_t c = 0; c < static_cast<size_t>(o.channels); ++c) {
    bright[c] = between(0.6, 1.0);
    dark[c] = between(0.0, 0.4);
  }
  const ShapeBrush brush(pose);
  const double half_width = o.noise * std::numbers::sqrt3;  // of even noise with that deviation
  for (int64_t y = 0; y < o.size; ++y)
    for (int64_t x = 0; x < o.size; ++x) {
      const double covered = brush.coverage(y, x);
      for (size_t c = 0; c < static_cast<size_t>(o.channels); ++c) {
        const double clean = dark[c] + covered * (bright[c] - dark[c]);
        const double value = clean + half_width * (random.word() * 0x1p-31 - 1);
        *pixels++ = static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0)));
      }
    }
}

LabelledImages draw_images(const ShapesOptions& o, int64_t count, uint32_t part) {
  LabelledImages images{o.size, o.size, o.channels, {}, {}};
  const int64_t image_size = images.image_size();
  images.pixels.resize(static_cast<size_t>(count * image_size));
  images.labels.resize(static_cast<size_t>(count));
  const RandomStream stream(static_cast<uint64_t>(o.seed), stable_hash("data.shapes"), part);
  parallel_ranges(count, image_size * 32, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int shape = static_cast<int>(i % o.classes);  // every class equally frequent
      images.labels[static_cast<size_t>(i)] = static_cast<uint8_t>(shape);
      draw_image(o, shape, stream, static_cast<uint32_t>(i), images.pixels.data() + i * image_size);
    }
  });
  return images;
}

std::unique_ptr<Dataset> load(const ShapesOptions& options, const DataRequest&) {
  ImageFiles files;
  files.type = "shapes";
  files.source = "synthetic, seed " + std::to_string(options.seed);
  files.licence = "public domain";
  files.class_names.assign(kShapeNames.begin(), kShapeNames.begin() + options.classes);
  files.classes = options.classes;
  files.training = draw_images(options, options.samples, 0);
  files.test = draw_images(options, options.test_samples, 1);
  return std::make_unique<ImageDataset>(std::move(files), options.images);
}

const RegisterData<ShapesOptions> registered_shapes(
    "shapes", "drawn discs, rings, squares, triangles, crosses and stars", "", load);

}  // namespace
}  // namespace norma
