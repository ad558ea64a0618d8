#include "apps/evaluations/corruptions.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace norma {

void add_noise(const Picture& picture, double deviation, RandomSequence& random) {
  for (double& pixel : picture.pixels)
    pixel = std::clamp(pixel + deviation * random.normal(), 0.0, 1.0);
}

namespace {

// The weights of the distances 0, 1, 2 …; those of all distances, to both sides, add up to 1.
std::vector<double> gaussian(double deviation) {
  const int64_t reach = std::llround(4 * deviation);
  std::vector<double> weights;
  double sum = 0;
  for (int64_t d = 0; d <= reach; ++d) {
    const double z = static_cast<double>(d) / deviation;
    weights.push_back(d == 0 ? 1 : std::exp(-z * z / 2));
    sum += (d == 0 ? 1 : 2) * weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Place i of a line that goes on mirrored at both ends: -1 is 0, -2 is 1, `length` is length - 1 …
int64_t mirrored(int64_t i, int64_t length) {
  i = (i % (2 * length) + 2 * length) % (2 * length);
  return i < length ? i : 2 * length - 1 - i;
}

// Blurs `length` pixels that stand `stride` apart.
void blur_line(double* pixels, int64_t length, int64_t stride, std::span<const double> weights,
               std::vector<double>& line) {
  line.resize(static_cast<size_t>(length));
  for (int64_t i = 0; i < length; ++i) line[static_cast<size_t>(i)] = pixels[i * stride];
  const auto at = [&](int64_t i) { return line[static_cast<size_t>(mirrored(i, length))]; };
  for (int64_t i = 0; i < length; ++i) {
    double sum = weights[0] * at(i);
    for (int64_t d = 1; d < std::ssize(weights); ++d)
      sum += weights[static_cast<size_t>(d)] * (at(i - d) + at(i + d));
    pixels[i * stride] = std::clamp(sum, 0.0, 1.0);  // against rounding
  }
}

}  // namespace

void blur(const Picture& picture, double deviation) {
  const std::vector<double> weights = gaussian(deviation);
  const int64_t height = picture.height, width = picture.width, channels = picture.channels;
  std::vector<double> line;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t y = 0; y < height; ++y)
      blur_line(&picture.at(y, 0, c), width, channels, weights, line);
    for (int64_t x = 0; x < width; ++x)
      blur_line(&picture.at(0, x, c), height, width * channels, weights, line);
  }
}

void change_contrast(const Picture& picture, double factor) {
  const int64_t positions = picture.height * picture.width;
  for (int64_t c = 0; c < picture.channels; ++c) {
    double sum = 0;
    for (int64_t i = 0; i < positions; ++i) sum += picture.at(0, i, c);
    const double mean = sum / static_cast<double>(positions);
    for (int64_t i = 0; i < positions; ++i) {
      double& pixel = picture.at(0, i, c);
      pixel = std::clamp(mean + factor * (pixel - mean), 0.0, 1.0);
    }
  }
}

namespace {

// Cosine and sine, exact at multiples of 90 degrees.
std::pair<double, double> direction(double degrees) {
  const double quarters = std::nearbyint(degrees / 90);
  const double rest = (degrees - 90 * quarters) * std::numbers::pi / 180;
  double cosine = std::cos(rest), sine = std::sin(rest);
  const int turns = static_cast<int>(std::fmod(quarters, 4)) + 4;
  for (int i = 0; i < turns % 4; ++i) cosine = std::exchange(sine, cosine) * -1;
  return {cosine, sine};
}

// The pixel at a place between pixels.
double between(const Picture& picture, double y, double x, int64_t c) {
  const double top = std::floor(y), left = std::floor(x);
  const auto at = [&](double row, double column) {
    const bool inside = row >= 0 && row < static_cast<double>(picture.height) && column >= 0 &&
                        column < static_cast<double>(picture.width);
    return inside ? picture.at(static_cast<int64_t>(row), static_cast<int64_t>(column), c) : 0.0;
  };
  const double down = y - top, right = x - left;
  const double above = (1 - right) * at(top, left) + right * at(top, left + 1);
  const double below = (1 - right) * at(top + 1, left) + right * at(top + 1, left + 1);
  return std::clamp((1 - down) * above + down * below, 0.0, 1.0);  // against rounding
}

}  // namespace

void rotate(const Picture& picture, double degrees) {
  std::vector<double> source(picture.pixels.begin(), picture.pixels.end());
  const Picture before{picture.height, picture.width, picture.channels, source};
  const auto [cosine, sine] = direction(degrees);
  const double centre_y = static_cast<double>(picture.height - 1) / 2;
  const double centre_x = static_cast<double>(picture.width - 1) / 2;
  for (int64_t y = 0; y < picture.height; ++y)
    for (int64_t x = 0; x < picture.width; ++x) {
      const double dy = static_cast<double>(y) - centre_y, dx = static_cast<double>(x) - centre_x;
      const double from_y = centre_y + sine * dx + cosine * dy;
      const double from_x = centre_x + cosine * dx - sine * dy;
      for (int64_t c = 0; c < picture.channels; ++c)
        picture.at(y, x, c) = between(before, from_y, from_x, c);
    }
}

void occlude(const Picture& picture, int64_t side, std::span<const double> colour,
             RandomSequence& random) {
  const auto start = [&](int64_t extent) {
    return static_cast<int64_t>(random.below(static_cast<uint64_t>(extent - side + 1)));
  };
  const int64_t top = start(picture.height), left = start(picture.width);
  for (int64_t y = top; y < top + side; ++y)
    for (int64_t x = left; x < left + side; ++x)
      for (int64_t c = 0; c < picture.channels; ++c)
        picture.at(y, x, c) = colour[static_cast<size_t>(c)];
}

}  // namespace norma
