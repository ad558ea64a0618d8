#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace norma {

// Equally long samples, one after another in memory.
struct SampleBytes {
  std::span<const std::byte> bytes;
  size_t sample_size = 0;
  size_t count() const { return sample_size ? bytes.size() / sample_size : 0; }
  std::span<const std::byte> operator[](size_t i) const {
    return bytes.subspan(i * sample_size, sample_size);
  }
};

// How many samples of `candidates` equal, byte for byte, some sample of `known`. Both hold samples
// of the same size.
int64_t count_copies(const SampleBytes& candidates, const SampleBytes& known);
// How many samples equal an earlier one of the same array.
int64_t count_repeats(const SampleBytes& samples);

// A held-out text is cut into spans of kSpanLength symbols side by side (the rest at the end left
// out); which of them occur in the training text, at any position?
inline constexpr size_t kSpanLength = 64;
struct SharedSpans {
  int64_t spans = 0;
  int64_t shared = 0;
};
// T is uint8_t (bytes) or uint16_t (tokens).
template <class T>
SharedSpans count_shared_spans(std::span<const T> heldout, std::span<const T> training);

}  // namespace norma
