#pragma once

#include "core/gemm.h"
#include "core/parallel.h"

namespace norma {

// How a product is cut into tiles of rows and columns, or into pieces of its sum over k. Follows
// from the shape and the type of the operands alone, so that the bits do not depend on the threads.
struct Tiling {
  Chunks rows, columns, depth;
};

Tiling tiling_of(const Gemm& product, DType operands);

}  // namespace norma
