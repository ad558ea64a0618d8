#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/io/sha256.h"
#include "data/data_card.h"
#include "data/data_registry.h"
#include "data/duplicates.h"
#include "data/synthetic/task_options.h"

namespace norma {
namespace {

struct SpiralsOptions {
  int64_t classes = 2;
  double turns = 1.5, noise = 0.02;
  TaskOptions task;
  SpiralsOptions() { task.train_samples = 2000; }
  void describe(Fields& f) {
    f.integer("classes", classes, "arms of the spiral", {.min = 2, .max = 100});
    f.number("turns", turns, "how often an arm goes round", {.above = 0});
    f.number("noise", noise, "deviation of the noise on both coordinates; arms reach out to 1",
             {.min = 0});
    task.describe(f);
  }
};

// Points in the plane on the arms of a spiral: which arm is a question no line can answer.
class Spirals : public Dataset {
 public:
  explicit Spirals(const SpiralsOptions& options) : options_(options) {
    info_.kind = InputKind::kFeatures;
    info_.features = 2;
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
    for (int64_t i = 0; i < batch.samples; ++i)
      write(Split::kTrain, draws.places[static_cast<size_t>(i)], i, batch);
  }
  void fetch(Split split, int64_t first, int64_t count, DType dtype, Batch& batch) const override {
    check_range(split, first, count);
    batch.reshape(info_, count, dtype);
    for (int64_t i = 0; i < count; ++i) write(split, first + i, i, batch);
  }

  DataCard card() const override {
    DataCard card;
    card.type = "spirals";
    card.source = "synthetic, seed " + std::to_string(options_.task.seed);
    card.licence = "public domain";
    card.info = info_;
    std::array<std::vector<double>, kSplits.size()> points;
    const auto samples = [&](Split split) {
      return SampleBytes{std::as_bytes(std::span(points[static_cast<size_t>(split)])),
                         2 * sizeof(double)};
    };
    for (const Split split : kSplits) {
      if (size(split) == 0) continue;
      std::vector<int64_t> counts(static_cast<size_t>(info_.classes));
      for (int64_t i = 0; i < size(split); ++i) {
        const auto point = point_at(split, i);
        points[static_cast<size_t>(split)].insert(points[static_cast<size_t>(split)].end(),
                                                  point.begin(), point.end());
        ++counts[static_cast<size_t>(i % info_.classes)];
      }
      const auto bytes = samples(split).bytes;
      card.splits.push_back(
          {split, size(split), 0, std::ssize(bytes), io::sha256_of(bytes), std::move(counts)});
      if (split != Split::kTrain)
        card.duplicates.push_back({std::string("points of the ") + name_of(split) +
                                       " split that the train split holds too",
                                   size(split),
                                   count_copies(samples(split), samples(Split::kTrain))});
    }
    return card;
  }

 private:
  // Arms take turns, so that every class is equally frequent.
  int32_t class_of(int64_t index) const { return static_cast<int32_t>(index % info_.classes); }

  std::array<double, 2> point_at(Split split, int64_t index) const {
    RandomSequence draw(RandomStream(static_cast<uint64_t>(options_.task.seed),
                                     stable_hash("data.spirals"), static_cast<uint32_t>(split)),
                        static_cast<uint32_t>(index));
    const double radius = std::sqrt(draw.uniform());  // about as many points along all of the arm
    const double arm = static_cast<double>(class_of(index)) / static_cast<double>(info_.classes);
    const double angle = 2 * std::numbers::pi * (options_.turns * radius + arm);
    return {radius * std::cos(angle) + options_.noise * draw.normal(),
            radius * std::sin(angle) + options_.noise * draw.normal()};
  }

  void write(Split split, int64_t index, int64_t row, Batch& batch) const {
    const auto point = point_at(split, index);
    batch.target.data<int32_t>()[row] = class_of(index);
    with_float_type(batch.input.dtype(), [&]<class T>() {
      T* input = batch.input.data<T>() + row * 2;
      input[0] = static_cast<T>(point[0]);
      input[1] = static_cast<T>(point[1]);
    });
  }

  SpiralsOptions options_;
};

std::unique_ptr<Dataset> load(const SpiralsOptions& options, const DataRequest&) {
  return std::make_unique<Spirals>(options);
}

const RegisterData<SpiralsOptions> registered_spirals(
    "spirals", "points on the arms of a spiral",
    "Lang and Witbrock 1988, Learning to tell two spirals apart", load);

}  // namespace
}  // namespace norma
