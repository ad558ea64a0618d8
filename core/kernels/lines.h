#pragma once

#include <cstdint>

#include "core/kernels/simd_register.h"

// Memory comes by lines of the cache, and a loop may ask for a line some time before it gets there:
// the processor's own prefetch stops at each page of 4 KiB, starts anew with every block, and looks
// only as far ahead as a few registers of a long formula.
namespace norma::kernels {

// Registers in a line.
inline constexpr int kInLine = 64 / math::kVectorBytes;

enum class For : uint8_t { kRead, kWrite };
inline constexpr int64_t kAheadBytes = 2048;
// Beyond the end of what is walked through it does no harm.
template <For use = For::kRead, class T>
void prefetch_ahead(const T* p, int64_t elements = kAheadBytes / static_cast<int64_t>(sizeof(T))) {
  __builtin_prefetch(p + elements, use == For::kWrite);
}

}  // namespace norma::kernels
