#include "data/duplicates.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace norma {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Base of the polynomial hash: odd, so that no symbol is shifted out.
constexpr uint64_t kBase = 0x9e3779b97f4a7c15ULL;

template <class T>
uint64_t hash_of(std::span<const T> symbols) {
  uint64_t hash = 0;
  for (const T symbol : symbols) hash = hash * kBase + symbol + 1;
  return hash;
}

// Says "surely not there" for almost every hash that is not there, with one look at a small table:
// a search in a map at every token would take minutes for billions of tokens.
class Sieve {
 public:
  explicit Sieve(size_t entries)
      : shift_(64 - static_cast<int>(std::bit_width(std::max<size_t>(entries, 64) * 16))),
        bits_(size_t{1} << (64 - shift_)) {}
  void add(uint64_t hash) { bits_[slot(hash)] = true; }
  bool may_hold(uint64_t hash) const { return bits_[slot(hash)]; }

 private:
  // The low bits of a polynomial hash depend on few symbols; multiplying carries all of them up.
  size_t slot(uint64_t hash) const { return (hash ^ (hash >> 32)) * kBase >> shift_; }
  int shift_;
  std::vector<bool> bits_;
};

}  // namespace

int64_t count_copies(const SampleBytes& candidates, const SampleBytes& known) {
  std::unordered_set<std::string_view> set;
  for (size_t i = 0; i < known.count(); ++i) set.insert(text_of(known[i]));
  int64_t copies = 0;
  for (size_t i = 0; i < candidates.count(); ++i) copies += set.contains(text_of(candidates[i]));
  return copies;
}

int64_t count_repeats(const SampleBytes& samples) {
  std::unordered_set<std::string_view> set;
  int64_t repeats = 0;
  for (size_t i = 0; i < samples.count(); ++i) repeats += !set.insert(text_of(samples[i])).second;
  return repeats;
}

// Karp and Rabin, "Efficient randomized pattern-matching algorithms", 1987: the hash of a sliding
// window is updated in constant time; equal hashes are then compared symbol by symbol.
template <class T>
SharedSpans count_shared_spans(std::span<const T> heldout, std::span<const T> training) {
  SharedSpans result;
  std::unordered_map<uint64_t, std::vector<size_t>> starts_by_hash;  // not found so far
  result.spans = static_cast<int64_t>(heldout.size() / kSpanLength);
  Sieve sieve(static_cast<size_t>(result.spans));
  for (size_t start = 0; start + kSpanLength <= heldout.size(); start += kSpanLength) {
    const uint64_t hash = hash_of(heldout.subspan(start, kSpanLength));
    starts_by_hash[hash].push_back(start);
    sieve.add(hash);
  }
  if (training.size() < kSpanLength) return result;

  uint64_t leading = 1;  // weight of the symbol that leaves the window
  for (size_t i = 1; i < kSpanLength; ++i) leading *= kBase;
  uint64_t hash = hash_of(training.first(kSpanLength));
  for (size_t end = kSpanLength;; ++end) {
    if (sieve.may_hold(hash)) {
      if (const auto entry = starts_by_hash.find(hash); entry != starts_by_hash.end()) {
        const T* window = training.data() + end - kSpanLength;
        result.shared += static_cast<int64_t>(std::erase_if(entry->second, [&](size_t start) {
          return std::equal(window, window + kSpanLength, heldout.data() + start);
        }));
        if (entry->second.empty()) starts_by_hash.erase(entry);
      }
    }
    if (end == training.size()) return result;
    hash =
        (hash - leading * (training[end - kSpanLength] + uint64_t{1})) * kBase + training[end] + 1;
  }
}

template SharedSpans count_shared_spans(std::span<const uint8_t>, std::span<const uint8_t>);
template SharedSpans count_shared_spans(std::span<const uint16_t>, std::span<const uint16_t>);

}  // namespace norma
