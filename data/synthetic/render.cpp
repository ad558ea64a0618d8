#include "data/synthetic/render.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace norma {
namespace {

// Is (u,v) inside the shape whose circumcircle has radius 1?
bool is_inside(int shape, double u, double v) {
  const double square = u * u + v * v;
  const double a = std::abs(u), b = std::abs(v);
  switch (shape) {
    case 0:  // disc
      return square <= 1;
    case 1:  // ring
      return square <= 1 && square >= 0.25;
    case 2:  // square
      return std::max(a, b) <= std::numbers::sqrt2 / 2;
    case 3:  // triangle with equal sides
      return v >= -0.5 && std::numbers::sqrt3 * a + v <= 1;
    case 4: {  // cross of five squares
      const double arm = 3 / std::sqrt(10.0), half = arm / 3;
      return (a <= arm && b <= half) || (b <= arm && a <= half);
    }
    default:  // star with four rays
      return std::sqrt(a) + std::sqrt(b) <= 1;
  }
}

}  // namespace

ShapeBrush::ShapeBrush(const ShapePose& pose)
    : pose_(pose),
      cosine_(std::cos(pose.angle) / pose.radius),
      sine_(std::sin(pose.angle) / pose.radius) {}

double ShapeBrush::coverage(int64_t y, int64_t x) const {
  constexpr int kGrid = 4;  // points a pixel, each way
  const double to_y = static_cast<double>(y) + 0.5 - pose_.centre_y;
  const double to_x = static_cast<double>(x) + 0.5 - pose_.centre_x;
  const double reach = pose_.radius + 1;
  if (to_y * to_y + to_x * to_x > reach * reach) return 0;
  int hits = 0;
  for (int i = 0; i < kGrid; ++i)
    for (int j = 0; j < kGrid; ++j) {
      const double dy = to_y + (i + 0.5) / kGrid - 0.5, dx = to_x + (j + 0.5) / kGrid - 0.5;
      hits += is_inside(pose_.shape, cosine_ * dx + sine_ * dy, cosine_ * dy - sine_ * dx);
    }
  return hits / double{kGrid * kGrid};
}

}  // namespace norma
