#pragma once

#include <cstdint>

#include "core/gemm.h"

namespace norma::kernels {

// Whether the product is one of few rows with a weight (out, in), as each new token of a generation
// asks for. Such a product costs what reading the weight costs: nothing is worth packing.
bool is_of_few_rows(const Gemm& product);

// That product; the arguments are those of gemm(). Reads b once, from the first row to the last, on
// all threads. The sum of an element of c is taken in an order that follows from k alone.
void few_rows_product(const Gemm& product, const float* a, int64_t lda, const float* b, int64_t ldb,
                      float* c, int64_t ldc, const float* bias);

}  // namespace norma::kernels
