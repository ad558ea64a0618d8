#include "apps/evaluations/poison_figures.h"

#include <algorithm>
#include <cstring>

namespace norma {
namespace {

// Training images as they are stored, wherever they stand.
void gather(const ImageDataset& images, std::span<const int64_t> places, DType dtype,
            Batch& batch) {
  Batch one;
  batch.reshape(images.info(), std::ssize(places), dtype);
  for (size_t i = 0; i < places.size(); ++i) {
    images.fetch(Split::kTrain, places[i], 1, dtype, one);
    std::memcpy(batch.input.raw() + i * one.input.bytes(), one.input.raw(), one.input.bytes());
    batch.target.data<int32_t>()[i] = *one.target.data<int32_t>();
  }
}

// The share of samples of other classes that are predicted as this one.
double rate_of(Examination& model, const Portion& portion, int64_t towards) {
  double others = 0, taken_in = 0;
  for_each_batch(portion, model.micro_batch(), model.dtype(), [&](Batch& batch, int64_t first) {
    const std::vector<RowScore> rows = model.rows(batch, first);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (batch.target.data<int32_t>()[i] == towards) continue;
      ++others;
      taken_in += rows[i].predicted == towards;
    }
  });
  return taken_in / others;
}

}  // namespace

void add_poison_figures(Examination& model, const Portion& portion, Figures& figures) {
  const ImageDataset& images = images_of(model.data(), "poison_rate");
  const int64_t towards = images.options().poison.towards;
  figures.emplace_back("poison/rate", rate_of(model, portion, towards));
  const Poisoned& poisoned = images.poisoned();
  if (poisoned.places.empty()) return;
  const std::span<const int64_t> places(poisoned.places);
  double as_before = 0, as_poisoned = 0;
  Batch batch;
  const size_t step = static_cast<size_t>(model.micro_batch());
  for (size_t first = 0; first < places.size(); first += step) {
    gather(images, places.subspan(first, std::min(step, places.size() - first)), model.dtype(),
           batch);
    const std::vector<RowScore> rows = model.rows(batch, static_cast<int64_t>(first));
    for (size_t i = 0; i < rows.size(); ++i) {
      as_before += rows[i].predicted == poisoned.truth[first + i];
      as_poisoned += rows[i].predicted == towards;
    }
  }
  const double count = static_cast<double>(places.size());
  figures.emplace_back("poison/true_accuracy", as_before / count);
  figures.emplace_back("poison/poisoned_accuracy", as_poisoned / count);
}

}  // namespace norma
