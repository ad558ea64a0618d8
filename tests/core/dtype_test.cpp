#include "core/dtype.h"

#include <cmath>
#include <limits>

#include "tests/catch.h"

using norma::bfloat16;

namespace {

float rounded(float value) { return bfloat16(value); }

// The neighbours of 1 in bfloat16 (8 significant bits) lie 2^-7 above and 2^-8 below.
constexpr float kAbove = 1.0f / 128;

}  // namespace

TEST_CASE("bfloat16 rounds to the nearest value", "[core][dtype]") {
  CHECK(rounded(1.0f + 0.49f * kAbove) == 1.0f);
  CHECK(rounded(1.0f + 0.51f * kAbove) == 1.0f + kAbove);
  CHECK(rounded(-1.0f - 0.51f * kAbove) == -1.0f - kAbove);
}

TEST_CASE("bfloat16 rounds ties to the even neighbour", "[core][dtype]") {
  CHECK(rounded(1.0f + 0.5f * kAbove) == 1.0f);
  CHECK(rounded(1.0f + 1.5f * kAbove) == 1.0f + 2 * kAbove);
  CHECK(rounded(1.0f + 2.5f * kAbove) == 1.0f + 2 * kAbove);
}

TEST_CASE("bfloat16 rounds every float32 as double arithmetic does", "[core][dtype]") {
  // A stride that is odd and coprime to the field widths visits all exponents and both signs.
  for (uint64_t u = 0; u < (uint64_t{1} << 32); u += 65521) {
    const float value = std::bit_cast<float>(static_cast<uint32_t>(u));
    if (!std::isfinite(value)) continue;
    int exponent = 0;
    std::frexp(value, &exponent);
    // The spacing of bfloat16 here; below 2^-126 it stays that of the smallest normal number.
    const double unit = std::ldexp(1.0, std::max(exponent - 8, -126 - 7));
    const double expected = std::nearbyint(value / unit) * unit;
    const double largest = 0x1.FEp127;
    if (std::abs(expected) > largest) {
      REQUIRE(std::isinf(rounded(value)));
    } else {
      REQUIRE(double{rounded(value)} == expected);
    }
  }
}

TEST_CASE("bfloat16 keeps infinities, NaN and signed zero", "[core][dtype]") {
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(rounded(inf) == inf);
  CHECK(rounded(-inf) == -inf);
  CHECK(std::signbit(rounded(-0.0f)));
  // A NaN whose payload lies in the lower half alone must not become an infinity, nor overflow.
  for (const uint32_t u : {0x7f800001u, 0x7fffffffu, 0xff800001u, 0xffffffffu}) {
    CHECK(std::isnan(rounded(std::bit_cast<float>(u))));
  }
}

TEST_CASE("element types know their size and name", "[core][dtype]") {
  CHECK(norma::size_of(norma::dtype_of<float>) == sizeof(float));
  CHECK(norma::size_of(norma::dtype_of<double>) == sizeof(double));
  CHECK(norma::size_of(norma::dtype_of<bfloat16>) == sizeof(bfloat16));
  CHECK(norma::size_of(norma::dtype_of<int32_t>) == sizeof(int32_t));
  CHECK(norma::size_of(norma::dtype_of<uint8_t>) == sizeof(uint8_t));
  CHECK(std::string(norma::name_of(norma::DType::kBFloat16)) == "bfloat16");
}
