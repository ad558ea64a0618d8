#pragma once

#include <utility>

#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"

namespace norma::kernels {

// One step of a transposition of lanes×lanes: exchanges blocks of `size` between rows a and b. Lane
// l of the new a comes from a where bit `size` of l is clear, else from lane l - size of b.
template <int size, class V, int... lane>
NORMA_INLINE inline void exchange_blocks(V& a, V& b, std::integer_sequence<int, lane...>) {
  constexpr int kLanes = V::lanes;
  const V low =
      __builtin_shufflevector(a.native, b.native, ((lane & size) ? kLanes + lane - size : lane)...);
  const V high =
      __builtin_shufflevector(a.native, b.native, ((lane & size) ? kLanes + lane : lane + size)...);
  a = low;
  b = high;
}

// Transposes lanes×lanes numbers, one row to a register.
template <int size = 1, class V>
NORMA_INLINE inline void transpose(V (&rows)[V::lanes]) {
  if constexpr (size < V::lanes) {
    unrolled<V::lanes>([&](auto r) NORMA_INLINE {
      if constexpr ((r & size) == 0) {
        exchange_blocks<size>(rows[r], rows[r + size], std::make_integer_sequence<int, V::lanes>{});
      }
    });
    transpose<2 * size>(rows);
  }
}

}  // namespace norma::kernels
