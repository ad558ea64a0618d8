#include "core/rng.h"

#include <cmath>
#include <numbers>

namespace norma {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  // Multipliers and key increments as published with the generator.
  constexpr uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = kMultiplier0 * counter[0], product1 = kMultiplier1 * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

namespace {

// The finalizer of SplitMix64: spreads every input bit over all output bits.
uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

uint64_t stable_hash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  return mixed(hash);
}

RandomStream::RandomStream(uint64_t seed, uint64_t purpose, uint32_t step, uint32_t call)
    : step_(step), call_(call) {
  const uint64_t key = mixed(mixed(seed + 0x9e3779b97f4a7c15ULL) ^ purpose);
  key_ = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
}

uint32_t RandomSequence::word() {
  if (used_ == 4) {
    words_ = stream_.bits(sample_, block_++);
    used_ = 0;
  }
  return words_[static_cast<size_t>(used_++)];
}

void RandomSequence::start_behind(int64_t words) {
  block_ = static_cast<uint32_t>(words / 4);
  used_ = 4;
  for (int64_t i = 0; i < words % 4; ++i) word();
}

double RandomSequence::uniform() {
  const uint64_t high = word() >> 5, low = word() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

double RandomSequence::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

uint64_t RandomSequence::below(uint64_t bound) {
  // Rejects the incomplete last round of `bound` in 2^64.
  const uint64_t limit = -bound % bound;
  for (;;) {
    const uint64_t draw = (static_cast<uint64_t>(word()) << 32) | word();
    if (draw >= limit) return draw % bound;
  }
}

}  // namespace norma
