#include <array>
#include <vector>

#include "core/io/sha256.h"
#include "core/parallel.h"
#include "data/data_card.h"
#include "data/data_registry.h"
#include "data/synthetic/task_options.h"

namespace norma {
namespace {

struct NoiseOptions {
  int64_t size = 32, channels = 3, classes = 10;
  TaskOptions task;
  NoiseOptions() { task.train_samples = 1000, task.val_samples = task.test_samples = 100; }
  void describe(Fields& f) {
    f.integer("size", size, "height and width in pixels", {.min = 1, .max = 1024});
    f.integer("channels", channels, "numbers of each pixel", {.min = 1, .max = 1024});
    f.integer("classes", classes, "labels, which say nothing of the image", {.min = 2, .max = 1e6});
    task.describe(f);
  }
};

// Images of independent standard normal numbers: the input that theories of signals in networks at
// initialization suppose.
class NormalNoise final : public Dataset {
 public:
  explicit NormalNoise(const NoiseOptions& options) : options_(options) {
    info_.kind = InputKind::kImages;
    info_.height = info_.width = options.size;
    info_.channels = options.channels;
    info_.classes = options.classes;
    info_.order = options.task.order.value();
  }

  int64_t size(Split split) const override {
    const TaskOptions& task = options_.task;
    return std::array{task.train_samples, task.val_samples,
                      task.test_samples}[static_cast<size_t>(split)];
  }

  void fetch_training(const Draws& draws, DType dtype, Batch& batch) const override {
    for (const int64_t place : draws.places) check_range(Split::kTrain, place, 1);
    batch.reshape(info_, std::ssize(draws.places), dtype);
    write(
        Split::kTrain, [&](int64_t i) { return draws.places[static_cast<size_t>(i)]; }, batch);
  }
  void fetch(Split split, int64_t first, int64_t count, DType dtype, Batch& batch) const override {
    check_range(split, first, count);
    batch.reshape(info_, count, dtype);
    write(
        split, [&](int64_t i) { return first + i; }, batch);
  }

  DataCard card() const override {
    DataCard card;
    card.type = "normal_noise";
    card.source = "synthetic, seed " + std::to_string(options_.task.seed);
    card.licence = "public domain";
    card.info = info_;
    std::vector<double> image(static_cast<size_t>(image_size()));
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
                             size(split) * image_size() * int64_t{sizeof(double)}, hash.hex(),
                             std::move(counts)});
    }
    return card;
  }

 private:
  int64_t image_size() const { return info_.height * info_.width * info_.channels; }
  // Labels take turns, so that every class is equally frequent.
  int32_t class_of(int64_t index) const { return static_cast<int32_t>(index % info_.classes); }

  template <class T>
  void draw(Split split, int64_t index, T* pixels) const {
    RandomSequence random(
        RandomStream(static_cast<uint64_t>(options_.task.seed), stable_hash("data.normal_noise"),
                     static_cast<uint32_t>(split)),
        static_cast<uint32_t>(index));
    for (int64_t i = 0; i < image_size(); ++i) pixels[i] = static_cast<T>(random.normal());
  }

  void write(Split split, FunctionRef<int64_t(int64_t)> index_of, Batch& batch) const {
    with_float_type(batch.input.dtype(), [&]<class T>() {
      T* const input = batch.input.data<T>();
      parallel_ranges(batch.samples, image_size() * 32, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) draw(split, index_of(i), input + i * image_size());
      });
    });
    for (int64_t i = 0; i < batch.samples; ++i)
      batch.target.data<int32_t>()[i] = class_of(index_of(i));
  }

  NoiseOptions options_;
};

std::unique_ptr<Dataset> load(const NoiseOptions& options, const DataRequest&) {
  return std::make_unique<NormalNoise>(options);
}

const RegisterData<NoiseOptions> registered_normal_noise(
    "normal_noise", "images of independent standard normal numbers", "", load);

}  // namespace
}  // namespace norma
