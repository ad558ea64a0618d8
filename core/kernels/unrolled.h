#pragma once

#include <type_traits>
#include <utility>

// For lambdas handed to unrolled().
#define NORMA_INLINE __attribute__((always_inline))

namespace norma::kernels {

// step(0), step(1) … written out, each index a compile-time constant. An array of vectors indexed
// by a loop stays in memory, even where the compiler unrolls the loop; indices known while it
// inlines turn the array into registers.
template <int count, class Step>
NORMA_INLINE inline void unrolled(Step step) {
  [&]<int... i>(std::integer_sequence<int, i...>) NORMA_INLINE {
    (step(std::integral_constant<int, i>{}), ...);
  }
  (std::make_integer_sequence<int, count>{});
}

}  // namespace norma::kernels
