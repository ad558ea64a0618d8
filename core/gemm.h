#pragma once

#include <cstdint>

#include "core/dtype.h"

namespace norma {

// What a matrix product is to do: c (m,n) = op(a) (m,k) · op(b) (k,n) [+ c] [+ bias per column].
// op transposes: with transpose_a, a is stored as (k,m); with transpose_b, b as (n,k).
struct Gemm {
  int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  bool accumulate = false;  // onto what c holds; otherwise c's old contents are never read
  bool operator==(const Gemm&) const = default;
};

// The product of row-major matrices whose rows lie lda, ldb, ldc elements apart; bias holds n
// elements or is null. All operands have the given dtype: float32 or float64. c must not overlap
// the others.
//
// A linear layer with weight (out,in) calls it as
//   y (M,out)       = x · weightᵀ + bias      {M, out, in, .transpose_b = true}
//   dx (M,in)       = dy · weight             {M, in, out}
//   dweight (out,in) += dyᵀ · x               {out, in, M, .transpose_a = true, .accumulate = true}
//
// Runs on the worker threads and gives the same bits for any number of them: the cut into tiles,
// and into pieces of a long sum over k, follows from m, n and k. Inf and NaN propagate. Throws
// Error if a size is negative or a leading dimension is shorter than its rows.
void gemm(DType dtype, const Gemm& product, const void* a, int64_t lda, const void* b, int64_t ldb,
          void* c, int64_t ldc, const void* bias = nullptr);

// The same with c and the bias in a type of their own: float32 for operands in bfloat16, whose sums
// are then never rounded. Any other pair of types is the same type twice.
void gemm(DType operands, DType result, const Gemm& product, const void* a, int64_t lda,
          const void* b, int64_t ldb, void* c, int64_t ldc, const void* bias = nullptr);

// Whether this processor multiplies in bfloat16, or can emulate it.
bool multiplies_bfloat16();

}  // namespace norma
