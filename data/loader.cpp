#include "data/loader.h"

#include <vector>

namespace norma {

Loader::Loader(const Dataset& data, uint64_t seed, DType dtype)
    : data_(data),
      sampler_(data.places(), data.info().order, seed),
      augment_(seed, stable_hash("data.augment")),
      dtype_(dtype) {}

void Loader::training(uint64_t first, int64_t count, Batch& batch) const {
  std::vector<int64_t> places(static_cast<size_t>(count));
  for (size_t i = 0; i < places.size(); ++i) places[i] = sampler_.at(first + i);
  data_.fetch_training({places, first, augment_}, dtype_, batch);
}

void Loader::evaluation(Split split, int64_t first, int64_t count, Batch& batch) const {
  data_.fetch(split, first, count, dtype_, batch);
}

}  // namespace norma
