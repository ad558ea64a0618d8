#pragma once

#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"

namespace norma::kernels {

// Transposes the square of V::lanes registers in place: rounds that exchange the halves, quarters …
// of pairs of rows.
template <class V>
NORMA_INLINE inline void transpose(V (&rows)[V::lanes]) {
  constexpr int n = V::lanes;
  using Native = typename V::Native;
  const auto round = [&]<int size>() NORMA_INLINE {
    unrolled<n>([&](auto r) NORMA_INLINE {
      if constexpr ((r & size) == 0) {
        const Native a = rows[r].native, b = rows[r + size].native;
        [&]<int... i>(std::integer_sequence<int, i...>) NORMA_INLINE {
          // Lanes 0 … n-1 are a's, n … 2n-1 b's.
          rows[r].native = __builtin_shufflevector(a, b, ((i & size) ? n + i - size : i)...);
          rows[r + size].native = __builtin_shufflevector(a, b, ((i & size) ? n + i : i + size)...);
        }
        (std::make_integer_sequence<int, n>{});
      }
    });
  };
  if constexpr (n > 8) round.template operator()<8>();
  if constexpr (n > 4) round.template operator()<4>();
  if constexpr (n > 2) round.template operator()<2>();
  round.template operator()<1>();
}

}  // namespace norma::kernels
