#include "apps/evaluations/pixels.h"

#include <cmath>

namespace norma {

const ImageDataset& images_of(const Dataset& data, const std::string& asker) {
  const ImageDataset* const images = dynamic_cast<const ImageDataset*>(&data);
  if (!images) throw Error("[evaluate] " + asker + " is for images; the data has none");
  return *images;
}

PixelSpace::PixelSpace(const ImageDataset& images) {
  for (int64_t c = 0; c < images.info().channels; ++c) scales_.push_back(images.pixel_scale(c));
}

std::vector<double> PixelSpace::pixels_of(const Tensor& input) const {
  std::vector<double> pixels = input.to_vector();
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = std::nearbyint(255 * scales_[i % scales_.size()].pixel(pixels[i])) / 255;
  return pixels;
}

void PixelSpace::write(std::span<const double> pixels, const Tensor& input) const {
  with_float_type(input.dtype(), [&]<class T>() {
    T* const numbers = input.data<T>();
    for (size_t i = 0; i < pixels.size(); ++i)
      numbers[i] = static_cast<T>(scales_[i % scales_.size()].number(pixels[i]));
  });
}

}  // namespace norma
