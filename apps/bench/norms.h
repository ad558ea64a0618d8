#pragma once

#include <vector>

#include "apps/bench/stopwatch.h"

namespace norma {

// Forward and backward of every registered norm in float32, learned parameters included: norms of
// rows at 4096×256, norms of images at 32×32×32×64 (channels last). A norm whose formula gives its
// derivatives by hand has a second case, "<norm>/dual", that takes them by dual numbers.
//
// What it must move: x and y in the forward; x, dy and dx in the backward. Where a statistic is
// over the batch, which no cache holds, x once more in the forward, x and dy once more in the
// backward.
std::vector<BenchCase> norm_cases();

}  // namespace norma
