#pragma once

#include <cstdint>

#include "core/config/fields.h"
#include "core/rng.h"

namespace norma {

// The standard augmentation of small images: shifted (a crop out of the image with a black border),
// mirrored, with a square cut out (DeVries and Taylor, "Improved regularization of convolutional
// neural networks with cutout", 2017).
struct AugmentOptions {
  int64_t crop = 0;
  bool flip = false;
  int64_t cutout = 0;
  void describe(Fields& f) {
    f.integer("crop", crop, "crop at random after adding a border of so many pixels; 0: off",
              {.min = 0, .max = 1024});
    f.flag("flip", flip, "mirror left and right with probability one half");
    f.integer("cutout", cutout, "side of the square replaced by the mean colour; 0: off",
              {.min = 0, .max = 1024});
  }
};

// What happens to one image.
struct Augmentation {
  int64_t shift_y = 0, shift_x = 0;  // output (y,x) shows input (y + shift_y, x + shift_x)
  bool flip = false;                 // after the shift
  // The square [top, bottom) × [left, right) is cut out, last.
  int64_t top = 0, bottom = 0, left = 0, right = 0;
};

// Drawn for the sample with this global number, whatever batch or thread it falls to.
Augmentation draw_augmentation(const AugmentOptions& options, int64_t height, int64_t width,
                               const RandomStream& stream, uint64_t number);

}  // namespace norma
