#pragma once

#include <cstdint>

namespace norma::kernels {

// The most rows of such a product.
inline constexpr int64_t kFewRows = 4;

// c (m,n) = a (m,k) · bᵀ [+ c, with `accumulate`] [+ bias], for 1 ≤ m ≤ kFewRows and a weight b
// (n,k), as each new token of a generation asks for; rows lie lda, ldb, ldc elements apart, and a
// null bias is none. It costs what reading the weight costs, so nothing is packed: b is read once,
// from the first row to the last, on all threads. An element's sum is taken in an order that
// follows from k alone.
void few_rows_product(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
                      int64_t ldb, float* c, int64_t ldc, bool accumulate, const float* bias);

}  // namespace norma::kernels
