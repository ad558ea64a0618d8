#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace norma {

// Philox 4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011): a keyed permutation of 128-bit counters. Any number of the sequence can be had without the
// others, so what is drawn depends on where it is used and never on the order of drawing.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// A 64-bit hash of a name (FNV-1a, finalized), stable across machines and versions.
uint64_t stable_hash(std::string_view text);

// The random numbers of one purpose at one moment of a training. `purpose` is usually the hash of a
// module path; `step` counts optimizer steps; `call` tells apart several uses within one forward.
class RandomStream {
 public:
  RandomStream(uint64_t seed, uint64_t purpose, uint32_t step = 0, uint32_t call = 0);

  // Four independent 32-bit words for element block `block` of global sample `sample`.
  std::array<uint32_t, 4> bits(uint32_t sample, uint32_t block) const {
    return philox({block, sample, step_, call_}, key_);
  }
  // Uniform in [0, 1), 24 bits; element e of the sample.
  float uniform(uint32_t sample, uint32_t element) const {
    return static_cast<float>(bits(sample, element / 4)[element % 4] >> 8) * 0x1p-24f;
  }

 private:
  std::array<uint32_t, 2> key_;
  uint32_t step_, call_;
};

// Draws one number after another out of a RandomStream: for initial values, shuffles and sampling.
class RandomSequence {
 public:
  explicit RandomSequence(const RandomStream& stream, uint32_t sample = 0)
      : stream_(stream), sample_(sample) {}
  uint32_t word();
  // As `words` calls of word() from the beginning: the middle of a sequence, for another thread.
  void start_behind(int64_t words);
  double uniform();                // [0, 1), 53 bits
  double normal();                 // mean 0, deviation 1 (Box and Muller 1958)
  uint64_t below(uint64_t bound);  // uniform in [0, bound), without bias

 private:
  RandomStream stream_;
  uint32_t sample_;
  uint32_t block_ = 0;
  int used_ = 4;
  std::array<uint32_t, 4> words_{};
};

}  // namespace norma
