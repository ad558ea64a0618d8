#pragma once

#include "core/gemm.h"
#include "core/tensor.h"

namespace norma {

// x as products read it. Where the processor does not multiply in bfloat16 the rounded numbers stay
// in float32.
Tensor product_operand(const Tensor& x, Operands operands);

// The matrix product of core/gemm.h on two operands of one kind; c and the bias are float32 where
// those are bfloat16. Pointers are to the first element that takes part.
inline void multiply(const Gemm& product, DType operands, const void* a, int64_t lda, const void* b,
                     int64_t ldb, void* c, int64_t ldc, const void* bias = nullptr) {
  const DType result = operands == DType::kBFloat16 ? DType::kFloat32 : operands;
  gemm(operands, result, product, a, lda, b, ldb, c, ldc, bias);
}

}  // namespace norma
