#include "data/sampler.h"

#include <algorithm>
#include <bit>
#include <string>

#include "core/error.h"

namespace norma {

Permutation::Permutation(uint64_t count, const RandomStream& stream)
    : count_(count), stream_(stream) {
  // At least 256 numbers: a Feistel network over a handful mixes poorly.
  const int bits = std::bit_width(count > 0 ? count - 1 : 0);
  half_bits_ = std::max(4, (bits + 1) / 2);
}

uint64_t Permutation::operator()(uint64_t index) const {
  constexpr uint32_t kRounds = 8;
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t value = index;
  do {
    uint64_t left = value >> half_bits_, right = value & mask;
    for (uint32_t round = 0; round < kRounds; ++round) {
      const uint64_t mixed = left ^ (stream_.bits(static_cast<uint32_t>(right), round)[0] & mask);
      left = right;
      right = mixed;
    }
    value = (left << half_bits_) | right;
  } while (value >= count_);
  return value;
}

namespace {

Places checked(Places places) {
  if (places.count < 1 || places.stride < 1)
    throw Error("[data] there is nothing to train on: " + std::to_string(places.count) +
                " training samples, stride " + std::to_string(places.stride));
  return places;
}

int64_t count_per_epoch(const Places& places, Order order) {
  if (order == Order::kSequential) return (places.count + places.stride - 1) / places.stride;
  return std::max<int64_t>(1, places.count / places.stride);
}

}  // namespace

Sampler::Sampler(Places places, Order order, uint64_t seed)
    : places_(checked(places)),
      order_(order),
      seed_(seed),
      epoch_size_(count_per_epoch(places_, order)) {}

int64_t Sampler::at(uint64_t number) const {
  const uint64_t size = static_cast<uint64_t>(epoch_size_);
  const uint64_t index = number % size;
  if (order_ == Order::kSequential) return static_cast<int64_t>(index) * places_.stride;
  const uint32_t epoch = static_cast<uint32_t>(number / size);
  // Room for the phase: what remains when the windows of an epoch stand side by side.
  const int64_t room = places_.count - (epoch_size_ - 1) * places_.stride;
  RandomSequence phase(RandomStream(seed_, stable_hash("data.phase"), epoch));
  const Permutation order(size, RandomStream(seed_, stable_hash("data.order"), epoch));
  return static_cast<int64_t>(phase.below(static_cast<uint64_t>(room))) +
         static_cast<int64_t>(order(index)) * places_.stride;
}

}  // namespace norma
