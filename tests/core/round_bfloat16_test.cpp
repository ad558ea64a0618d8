#include "core/kernels/round_bfloat16.h"

#include <bit>
#include <limits>
#include <random>
#include <vector>

#include "tests/catch.h"

namespace norma {
namespace {

// Bit patterns of all kinds: every sign and exponent, significands on both sides of every tie.
std::vector<float> patterns() {
  std::vector<float> all;
  for (uint32_t upper = 0; upper < 0x10000; ++upper)
    for (const uint32_t lower : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
      all.push_back(std::bit_cast<float>(upper << 16 | lower));
  return all;
}

TEST_CASE("rounding to bfloat16 by the register has the bits of one by one") {
  const std::vector<float> from = patterns();
  std::vector<bfloat16> rounded(from.size());
  kernels::round_to_bfloat16(rounded.data(), from.data(), std::ssize(from));
  int64_t wrong = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    const bfloat16 expected(from[i]);
    wrong += rounded[i].bits != expected.bits;
    wrong += std::bit_cast<uint32_t>(float(rounded[i])) != static_cast<uint32_t>(expected.bits)
                                                               << 16;
  }
  CHECK(wrong == 0);
}

TEST_CASE("rounding to bfloat16 writes as many numbers as it is asked for") {
  for (const int64_t count : {0, 1, 15, 16, 17, 33}) {
    const std::vector<float> from(64, 1.5f);
    std::vector<bfloat16> to(64, bfloat16(7.0f));
    kernels::round_to_bfloat16(to.data(), from.data(), count);
    for (int64_t i = 0; i < 64; ++i)
      CHECK(float(to[static_cast<size_t>(i)]) == (i < count ? 1.5f : 7.0f));
  }
}

}  // namespace
}  // namespace norma
