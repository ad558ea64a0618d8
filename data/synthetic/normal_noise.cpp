#include <vector>

#include "core/io/sha256.h"
#include "data/data_card.h"
#include "data/data_registry.h"
#include "data/synthetic/drawn_samples.h"

namespace norma {
namespace {

struct NoiseOptions {
  int64_t size = 32, channels = 3, classes = 10;
  bool flat = false;
  TaskOptions task;
  NoiseOptions() { task.train_samples = 1000, task.val_samples = task.test_samples = 100; }
  void describe(Fields& f) {
    f.integer("size", size, "height and width in pixels", {.min = 1, .max = 1024});
    f.integer("channels", channels, "numbers of each pixel", {.min = 1, .max = 1024});
    f.flag("flat", flat, "vectors of size·size·channels features in place of images");
    f.integer("classes", classes, "labels, which say nothing of the image", {.min = 2, .max = 1e6});
    task.describe(f);
  }
};

// Images, or vectors, of independent standard normal numbers: the input that theories of signals in
// networks at initialization suppose.
class NormalNoise final : public DrawnSamples {
 public:
  explicit NormalNoise(const NoiseOptions& options)
      : DrawnSamples(options.task, "data.normal_noise"),
        numbers_(options.size * options.size * options.channels) {
    info_.classes = options.classes;
    if (options.flat) {
      info_.kind = InputKind::kFeatures;
      info_.features = numbers_;
      return;
    }
    info_.kind = InputKind::kImages;
    info_.height = info_.width = options.size;
    info_.channels = options.channels;
  }

  DataCard card() const override {
    DataCard card;
    card.type = "normal_noise";
    card.source = "synthetic, seed " + std::to_string(task_.seed);
    card.licence = "public domain";
    card.info = info_;
    std::vector<double> image(static_cast<size_t>(numbers_));
    for (const Split split : kSplits) {
      if (size(split) == 0) continue;
      io::Sha256 hash;
      std::vector<int64_t> counts(static_cast<size_t>(info_.classes));
      for (int64_t i = 0; i < size(split); ++i) {
        draw(split, i, image.data());
        hash.update(std::as_bytes(std::span(image)));
        ++counts[static_cast<size_t>(class_of(i))];
      }
      card.splits.push_back({split, size(split), 0,
                             size(split) * numbers_ * int64_t{sizeof(double)}, hash.hex(),
                             std::move(counts)});
    }
    return card;
  }

 private:
  template <class T>
  void draw(Split split, int64_t index, T* pixels) const {
    RandomSequence numbers = random(split, index);
    for (int64_t i = 0; i < numbers_; ++i) pixels[i] = static_cast<T>(numbers.normal());
  }

  void write(Split split, FunctionRef<int64_t(int64_t)> index_of, Batch& batch) const override {
    with_float_type(batch.input.dtype(), [&]<class T>() {
      T* const input = batch.input.data<T>();
      parallel_ranges(batch.samples, numbers_ * 32, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) draw(split, index_of(i), input + i * numbers_);
      });
    });
    for (int64_t i = 0; i < batch.samples; ++i)
      batch.target.data<int32_t>()[i] = class_of(index_of(i));
  }

  int64_t numbers_;  // of a sample
};

std::unique_ptr<Dataset> load(const NoiseOptions& options, const DataRequest&) {
  return std::make_unique<NormalNoise>(options);
}

const RegisterData<NoiseOptions> registered_normal_noise(
    "normal_noise", "images or vectors of independent standard normal numbers", "", load);

}  // namespace
}  // namespace norma
