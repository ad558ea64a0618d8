#pragma once

#include <cstdint>
#include <span>

#include "core/rng.h"

namespace norma {

// One image of pixels in [0, 1], (H,W,C). Corruptions keep its pixels in that range; which kinds
// there are and how contrast is lowered follows Hendrycks and Dietterich, "Benchmarking neural
// network robustness to common corruptions and perturbations", arXiv:1903.12261.
struct Picture {
  int64_t height, width, channels;
  std::span<double> pixels;
  double& at(int64_t y, int64_t x, int64_t c) const {
    return pixels[static_cast<size_t>((y * width + x) * channels + c)];
  }
};

// Adds normal noise of this deviation, then cuts to [0, 1].
void add_noise(const Picture& picture, double deviation, RandomSequence& random);

// Averages by a Gaussian of this deviation in pixels, cut off at four of them; beyond its border
// the image goes on mirrored (… b a | a b …), so that its sum stays.
void blur(const Picture& picture, double deviation);

// Moves every pixel from or towards the mean of its channel over the image: the distance is times
// `factor`, cut to [0, 1].
void change_contrast(const Picture& picture, double factor);

// Turns about the centre, counter-clockwise, bilinear between pixels, black beyond the border.
// Multiples of 90 degrees move pixels and change none.
void rotate(const Picture& picture, double degrees);

// Covers a square of this side, at most height and width, anywhere inside the image.
void occlude(const Picture& picture, int64_t side, std::span<const double> colour,
             RandomSequence& random);

}  // namespace norma
