#include "core/kernels/round_bfloat16.h"

#include <algorithm>

#include "core/kernels/simd.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

using math::Vec;

// The bits of the nearest bfloat16 of each lane, in the upper half of the lane: adding half of the
// last place carries into it where the rest rounds up, and one less where it is even.
Vec<float> rounded(Vec<float> x) {
  using Bits [[gnu::vector_size(sizeof(x.native))]] = uint32_t;
  const Bits bits = math::detail::bits_as<Bits>(x.native);
  const Bits up = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  const Bits nan = (bits | 0x400000u) & 0xffff0000u;
  const Vec<float> number = math::detail::bits_as<Vec<float>::Native>(up);
  return select(x == x, number, Vec<float>(math::detail::bits_as<Vec<float>::Native>(nan)));
}

void store_upper_halves(bfloat16* to, Vec<float> x, int64_t count) {
#if defined(__AVX512BW__)
  const __m512i bits = _mm512_maskz_srli_epi32(0xffff, _mm512_castps_si512(x.native), 16);
  const auto lanes = static_cast<__mmask16>((1u << count) - 1u);
  _mm256_mask_storeu_epi16(to, lanes, _mm512_maskz_cvtepi32_epi16(0xffff, bits));
#else
  for (int64_t i = 0; i < count; ++i) to[i] = bfloat16(x[static_cast<int>(i)]);
#endif
}

}  // namespace

void round_to_bfloat16(bfloat16* to, const float* from, int64_t count) {
  constexpr int64_t kLanes = Vec<float>::lanes;
  parallel_ranges(count, 1, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kLanes) {
      const int64_t lanes = std::min(kLanes, end - i);
      store_upper_halves(to + i, rounded(Vec<float>::load_at_most(from + i, lanes)), lanes);
    }
  });
}

}  // namespace norma::kernels
