#pragma once

#include <string>
#include <vector>

#include "data/data_card.h"
#include "data/data_registry.h"
#include "data/images/augment.h"
#include "data/images/labelled_images.h"
#include "data/images/poison.h"

namespace norma {

// What all kinds of image data can be told.
struct ImageOptions {
  double val_fraction = 0.1;
  std::string normalize = "standard";
  AugmentOptions augment;
  PoisonOptions poison;
  OrderOption order;
  void describe(Fields& f);
};

// A pixel p of a channel, scaled to [0, 1], becomes the number (p − centre)/scale.
struct PixelScale {
  double centre = 0, scale = 1;
  double number(double pixel) const { return (pixel - centre) / scale; }
  double pixel(double number) const { return number * scale + centre; }
};

// Labelled images. They stay bytes in memory and become numbers when a batch is made. The end of
// the training file is the validation split: no draw, so that another program can take the same.
class ImageDataset : public Dataset {
 public:
  ImageDataset(ImageFiles files, const ImageOptions& options);

  int64_t size(Split split) const override;
  void fetch_training(const Draws& draws, DType dtype, Batch& batch) const override;
  void fetch(Split split, int64_t first, int64_t count, DType dtype, Batch& batch) const override;
  DataCard card() const override;

  PixelScale pixel_scale(int64_t channel) const;
  // The mean colour of the training split, per channel of pixels scaled to [0, 1].
  std::span<const double> mean_colour() const { return mean_; }
  const ImageOptions& options() const { return options_; }
  // The training images whose labels `options().poison` replaced.
  const Poisoned& poisoned() const { return poisoned_; }

 private:
  std::span<const uint8_t> pixels(Split split) const;
  std::span<const uint8_t> labels(Split split) const;

  void measure_channels();
  void fill_tables();
  template <class T>
  const T* table() const;
  template <class T>
  void decode(const uint8_t* image, T* out) const;
  template <class T>
  void decode_augmented(const uint8_t* image, const Augmentation& how, T* out) const;

  SplitCard split_card(Split split) const;

  ImageFiles files_;
  ImageOptions options_;
  Poisoned poisoned_;
  int64_t training_count_ = 0;      // the images before the validation split
  std::vector<double> mean_, std_;  // per channel of the training split, pixels scaled to [0, 1]
  // The number that byte b of channel c becomes, at c·256 + b, for either float type.
  std::vector<float> float_table_;
  std::vector<double> double_table_;
};

}  // namespace norma
