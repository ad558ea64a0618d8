#pragma once

#include <array>
#include <cstdint>

namespace norma {

inline constexpr std::array kShapeNames{"disc", "ring", "square", "triangle", "cross", "star"};

// Where and how large one shape is drawn, in pixels.
struct ShapePose {
  int shape = 0;  // index into kShapeNames
  double centre_y = 0, centre_x = 0;
  double radius = 1;  // of the circle around it
  double angle = 0;   // radians
};

class ShapeBrush {
 public:
  explicit ShapeBrush(const ShapePose& pose);
  // Share of pixel (y,x) that the shape covers, 0 to 1.
  double coverage(int64_t y, int64_t x) const;

 private:
  ShapePose pose_;
  double cosine_, sine_;  // of the angle, over the radius
};

}  // namespace norma
