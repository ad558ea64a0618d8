#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/images/image_dataset.h"

namespace norma {

// The images of a data set; an Error that says what `asker` needs them for where it has none.
const ImageDataset& images_of(const Dataset& data, const std::string& asker);

// Between what a model is fed, images normalized by the data set, and their pixels in [0, 1]. Both
// are (B,H,W,C).
class PixelSpace {
 public:
  explicit PixelSpace(const ImageDataset& images);
  // The pixels of images as the data set holds them, exact: bytes over 255.
  std::vector<double> pixels_of(const Tensor& input) const;
  // Normalizes; a picture that nobody changed becomes the same bits again.
  void write(std::span<const double> pixels, const Tensor& input) const;

 private:
  std::vector<PixelScale> scales_;  // of the channels
};

}  // namespace norma
