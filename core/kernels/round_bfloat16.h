#pragma once

#include <cstdint>

#include "core/dtype.h"

namespace norma::kernels {

// to[i] = from[i] rounded to the nearest bfloat16, ties to even; NaN stays NaN.
void round_to_bfloat16(bfloat16* to, const float* from, int64_t count);

// to[i] = the nearest bfloat16 of from[i], kept as float: what a processor that does not multiply
// in bfloat16 reads instead.
void round_to_bfloat16(float* to, const float* from, int64_t count);

}  // namespace norma::kernels
