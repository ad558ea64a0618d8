#pragma once

#include <cstdint>

#include "core/rng.h"

namespace norma {

// Every number below `count` once, in an order that follows from the stream. A Feistel network
// (Luby and Rackoff, "How to construct pseudorandom permutations", 1988) over the next power of
// four, walked until it falls inside (Black and Rogaway, "Ciphers with arbitrary finite domains",
// 2002): any element can be had without the others, and nothing is kept in memory.
class Permutation {
 public:
  Permutation(uint64_t count, const RandomStream& stream);
  uint64_t operator()(uint64_t index) const;

 private:
  uint64_t count_;
  RandomStream stream_;
  int half_bits_;
};

enum class Order : uint8_t { kShuffled, kSequential };

// Where training samples can start: `count` places, of which an epoch takes every `stride`-th. A
// file of images has stride 1; a text read in windows of T tokens has a place at every token and
// stride T.
struct Places {
  int64_t count = 0;
  int64_t stride = 1;
};

// Which sample comes k-th in a training, for k = 0, 1, 2 … over all epochs. Nothing but k is state,
// so a resumed training goes on with exactly the sample that an uninterrupted one would take.
//   sequential: the places 0, stride, 2·stride …, from the start again after the last.
//   shuffled: each epoch begins at a random place before the second window (its phase) and takes
//   every stride-th from there, in random order; phase and order follow from the seed and the
//   epoch.
class Sampler {
 public:
  Sampler(Places places, Order order, uint64_t seed);
  int64_t at(uint64_t number) const;
  int64_t epoch_size() const { return epoch_size_; }

 private:
  Places places_;
  Order order_;
  uint64_t seed_;
  int64_t epoch_size_;
};

}  // namespace norma
