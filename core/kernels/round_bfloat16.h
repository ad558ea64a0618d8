#pragma once

#include <cstdint>

#include "core/dtype.h"

namespace norma::kernels {

// to[i] = from[i] rounded to the nearest bfloat16, ties to even; NaN stays NaN.
void round_to_bfloat16(bfloat16* to, const float* from, int64_t count);

}  // namespace norma::kernels
