#include "data/images/image_dataset.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace norma {

void ImageOptions::describe(Fields& f) {
  f.number("val_fraction", val_fraction, "share of the training file, at its end, held out",
           {.min = 0, .below = 1});
  f.choice("normalize", normalize, {"standard", "unit"},
           "standard: mean 0 and deviation 1 per channel of the training split; unit: 0 to 1");
  f.object(
      "augment", [&](Fields& nested) { augment.describe(nested); },
      "random changes to training images");
  f.object(
      "poison", [&](Fields& nested) { poison.describe(nested); },
      "labels of training images made wrong on purpose");
  order.describe(f);
}

ImageDataset::ImageDataset(ImageFiles files, const ImageOptions& options)
    : files_(std::move(files)), options_(options) {
  const LabelledImages& training = files_.training;
  const int64_t held_out =
      std::llround(options.val_fraction * static_cast<double>(training.count()));
  training_count_ = training.count() - held_out;
  if (training_count_ < 1)
    throw Error("[" + files_.type + "] " + files_.source + ": " + std::to_string(training.count()) +
                " training images leave none to train on after " + std::to_string(held_out) +
                " are held out");
  if (options.augment.crop >= std::min(training.height, training.width))
    throw Error("[" + files_.type + "] augment.crop is " + std::to_string(options.augment.crop) +
                "; images of " + std::to_string(training.height) + "x" +
                std::to_string(training.width) + " could be cropped to nothing but border");
  poisoned_ = poison(options.poison, files_.classes,
                     std::span(files_.training.labels).first(static_cast<size_t>(training_count_)),
                     "[" + files_.type + "] " + files_.source);
  info_.kind = InputKind::kImages;
  info_.height = training.height;
  info_.width = training.width;
  info_.channels = training.channels;
  info_.classes = files_.classes;
  info_.order = options.order.value();
  measure_channels();
  fill_tables();
}

// Exact and in one pass: how often each byte occurs says all about mean and deviation.
void ImageDataset::measure_channels() {
  const size_t channels = static_cast<size_t>(info_.channels);
  std::vector<uint64_t> histogram(channels * 256);
  const std::span<const uint8_t> bytes = pixels(Split::kTrain);
  for (size_t i = 0; i < bytes.size(); i += channels)
    for (size_t c = 0; c < channels; ++c) ++histogram[c * 256 + bytes[i + c]];
  const double count = static_cast<double>(bytes.size() / channels);
  for (size_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (size_t b = 0; b < 256; ++b)
      sum += static_cast<double>(histogram[c * 256 + b]) * static_cast<double>(b);
    const double mean = sum / count;
    for (size_t b = 0; b < 256; ++b) {
      const double distance = static_cast<double>(b) - mean;
      squares += static_cast<double>(histogram[c * 256 + b]) * distance * distance;
    }
    mean_.push_back(mean / 255);
    std_.push_back(std::sqrt(squares / count) / 255);
  }
}

PixelScale ImageDataset::pixel_scale(int64_t channel) const {
  const size_t c = static_cast<size_t>(channel);
  if (options_.normalize != "standard") return {};
  return {mean_[c], std_[c] > 0 ? std_[c] : 1};  // a constant channel becomes 0
}

void ImageDataset::fill_tables() {
  for (int64_t c = 0; c < info_.channels; ++c)
    for (int b = 0; b < 256; ++b) double_table_.push_back(pixel_scale(c).number(b / 255.0));
  float_table_.assign(double_table_.begin(), double_table_.end());
}

template <>
const float* ImageDataset::table<float>() const {
  return float_table_.data();
}
template <>
const double* ImageDataset::table<double>() const {
  return double_table_.data();
}

int64_t ImageDataset::size(Split split) const { return std::ssize(labels(split)); }

std::span<const uint8_t> ImageDataset::labels(Split split) const {
  const std::span<const uint8_t> training = files_.training.labels;
  const size_t cut = static_cast<size_t>(training_count_);
  if (split == Split::kTrain) return training.first(cut);
  if (split == Split::kValidation) return training.subspan(cut);
  return files_.test.labels;
}

std::span<const uint8_t> ImageDataset::pixels(Split split) const {
  const std::span<const uint8_t> training = files_.training.pixels;
  const size_t cut = static_cast<size_t>(training_count_ * files_.training.image_size());
  if (split == Split::kTrain) return training.first(cut);
  if (split == Split::kValidation) return training.subspan(cut);
  return files_.test.pixels;
}

template <class T>
void ImageDataset::decode(const uint8_t* image, T* out) const {
  const int64_t channels = info_.channels;
  const T* number_of = table<T>();
  for (int64_t i = 0; i < info_.height * info_.width; ++i)
    for (int64_t c = 0; c < channels; ++c) *out++ = number_of[c * 256 + *image++];
}

template <class T>
void ImageDataset::decode_augmented(const uint8_t* image, const Augmentation& how, T* out) const {
  const int64_t height = info_.height, width = info_.width, channels = info_.channels;
  const T* number_of = table<T>();
  const std::vector<uint8_t> black(static_cast<size_t>(channels), 0);
  for (int64_t y = 0; y < height; ++y) {
    const int64_t from_y = y + how.shift_y;
    const bool row_is_inside = from_y >= 0 && from_y < height;
    for (int64_t x = 0; x < width; ++x, out += channels) {
      const bool is_cut = y >= how.top && y < how.bottom && x >= how.left && x < how.right;
      if (is_cut) {
        for (int64_t c = 0; c < channels; ++c)
          out[c] = static_cast<T>(options_.normalize == "standard" ? 0 : mean_[c]);
        continue;
      }
      const int64_t from_x = (how.flip ? width - 1 - x : x) + how.shift_x;
      const bool is_inside = row_is_inside && from_x >= 0 && from_x < width;
      const uint8_t* pixel =
          is_inside ? image + (from_y * width + from_x) * channels : black.data();
      for (int64_t c = 0; c < channels; ++c) out[c] = number_of[c * 256 + pixel[c]];
    }
  }
}

void ImageDataset::fetch_training(const Draws& draws, DType dtype, Batch& batch) const {
  const int64_t count = std::ssize(draws.places), size = files_.training.image_size();
  for (const int64_t place : draws.places) check_range(Split::kTrain, place, 1);
  batch.reshape(info_, count, dtype);
  const AugmentOptions& augment = options_.augment;
  const bool is_augmented = augment.crop > 0 || augment.flip || augment.cutout > 0;
  const uint8_t* pixels = files_.training.pixels.data();
  int32_t* target = batch.target.data<int32_t>();
  with_float_type(dtype, [&]<class T>() {
    T* input = batch.input.data<T>();
    parallel_ranges(count, size * 2, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t place = draws.places[static_cast<size_t>(i)];
        target[i] = files_.training.labels[static_cast<size_t>(place)];
        if (!is_augmented) {
          decode(pixels + place * size, input + i * size);
          continue;
        }
        const Augmentation how =
            draw_augmentation(augment, info_.height, info_.width, draws.augment,
                              draws.first + static_cast<uint64_t>(i));
        decode_augmented(pixels + place * size, how, input + i * size);
      }
    });
  });
}

void ImageDataset::fetch(Split split, int64_t first, int64_t count, DType dtype,
                         Batch& batch) const {
  check_range(split, first, count);
  batch.reshape(info_, count, dtype);
  const int64_t size = files_.training.image_size();
  const uint8_t* source = pixels(split).data() + first * size;
  std::copy_n(labels(split).begin() + first, count, batch.target.data<int32_t>());
  with_float_type(dtype, [&]<class T>() {
    T* input = batch.input.data<T>();
    parallel_ranges(count, size, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) decode(source + i * size, input + i * size);
    });
  });
}

}  // namespace norma
