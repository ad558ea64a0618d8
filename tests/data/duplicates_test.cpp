#include "data/duplicates.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/rng.h"
#include "tests/catch.h"

namespace norma {
namespace {

SampleBytes samples_of(const std::string& bytes, size_t size) {
  return {std::as_bytes(std::span(bytes)), size};
}

template <class T>
std::vector<T> random_symbols(size_t count, uint64_t seed, uint64_t kinds) {
  RandomSequence random(RandomStream(seed, 1));
  std::vector<T> symbols(count);
  for (T& symbol : symbols) symbol = static_cast<T>(random.below(kinds));
  return symbols;
}

// The definition, without any hashing.
template <class T>
int64_t shared_by_hand(const std::vector<T>& heldout, const std::vector<T>& training) {
  int64_t shared = 0;
  for (size_t s = 0; s + kSpanLength <= heldout.size(); s += kSpanLength) {
    const auto begin = heldout.begin() + static_cast<std::ptrdiff_t>(s);
    shared += std::search(training.begin(), training.end(), begin,
                          begin + static_cast<std::ptrdiff_t>(kSpanLength)) != training.end();
  }
  return shared;
}

}  // namespace

TEST_CASE("equal samples are counted, across splits and within one", "[data][duplicates]") {
  const std::string known = "abcdabceabcd", candidates = "abcdzzzzabceabcd";
  CHECK(count_copies(samples_of(candidates, 4), samples_of(known, 4)) == 3);
  CHECK(count_copies(samples_of(known, 4), samples_of("", 4)) == 0);
  CHECK(count_repeats(samples_of(known, 4)) == 1);
  CHECK(count_repeats(samples_of("xxxxx", 1)) == 4);
}

TEST_CASE("spans that the training text holds are found at any position", "[data][duplicates]") {
  const std::vector<uint16_t> training = random_symbols<uint16_t>(5000, 1, 60000);
  std::vector<uint16_t> heldout = random_symbols<uint16_t>(10 * kSpanLength + 17, 2, 60000);
  CHECK(count_shared_spans<uint16_t>(heldout, training).shared == 0);
  // The first, the last and an odd position of the training text; one of them twice.
  const auto put = [&](size_t span, size_t from) {
    std::copy_n(training.begin() + static_cast<std::ptrdiff_t>(from), kSpanLength,
                heldout.begin() + static_cast<std::ptrdiff_t>(span * kSpanLength));
  };
  put(0, 0);
  put(3, training.size() - kSpanLength);
  put(5, 1237);
  put(9, 1237);
  const SharedSpans found = count_shared_spans<uint16_t>(heldout, training);
  CHECK(found.spans == 10);
  CHECK(found.shared == 4);
  heldout[5 * kSpanLength + 63] ^= 1;  // almost equal is not equal
  CHECK(count_shared_spans<uint16_t>(heldout, training).shared == 3);
}

TEST_CASE("the span search agrees with looking everywhere", "[data][duplicates]") {
  // Few kinds of symbols in long runs, so that many spans really are shared.
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<uint8_t> training, heldout;
    RandomSequence random(RandomStream(seed, 2));
    for (auto* text : {&training, &heldout})
      while (text->size() < 3000)
        text->insert(text->end(), 1 + random.below(90), static_cast<uint8_t>(random.below(2)));
    CHECK(count_shared_spans<uint8_t>(heldout, training).shared ==
          shared_by_hand(heldout, training));
  }
}

TEST_CASE("texts shorter than a span share nothing", "[data][duplicates]") {
  const std::vector<uint8_t> small(kSpanLength - 1, 1), large(3 * kSpanLength, 1);
  CHECK(count_shared_spans<uint8_t>(small, large).spans == 0);
  CHECK(count_shared_spans<uint8_t>(large, small).shared == 0);
  CHECK(count_shared_spans<uint8_t>(large, large).shared == 3);
}

}  // namespace norma
