#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/io/sha256.h"
#include "data/data_card.h"
#include "data/data_registry.h"
#include "data/duplicates.h"
#include "data/synthetic/drawn_samples.h"

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
class Spirals final : public DrawnSamples {
 public:
  explicit Spirals(const SpiralsOptions& options)
      : DrawnSamples(options.task, "data.spirals"), options_(options) {
    info_.kind = InputKind::kFeatures;
    info_.features = 2;
    info_.classes = options.classes;
  }

  DataCard card() const override {
    DataCard card;
    card.type = "spirals";
    card.source = "synthetic, seed " + std::to_string(task_.seed);
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
        card.duplicates.push_back({split,
                                   std::string("points of the ") + name_of(split) +
                                       " split that the train split holds too",
                                   size(split),
                                   count_copies(samples(split), samples(Split::kTrain))});
    }
    return card;
  }

 private:
  std::array<double, 2> point_at(Split split, int64_t index) const {
    RandomSequence draw = random(split, index);
    const double radius = std::sqrt(draw.uniform());  // about as many points along all of the arm
    const double arm = static_cast<double>(class_of(index)) / static_cast<double>(info_.classes);
    const double angle = 2 * std::numbers::pi * (options_.turns * radius + arm);
    return {radius * std::cos(angle) + options_.noise * draw.normal(),
            radius * std::sin(angle) + options_.noise * draw.normal()};
  }

  void write(Split split, FunctionRef<int64_t(int64_t)> index_of, Batch& batch) const override {
    with_float_type(batch.input.dtype(), [&]<class T>() {
      for (int64_t i = 0; i < batch.samples; ++i) {
        const int64_t index = index_of(i);
        const auto point = point_at(split, index);
        batch.target.data<int32_t>()[i] = class_of(index);
        batch.input.data<T>()[2 * i] = static_cast<T>(point[0]);
        batch.input.data<T>()[2 * i + 1] = static_cast<T>(point[1]);
      }
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
