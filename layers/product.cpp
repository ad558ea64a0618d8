#include "layers/product.h"

#include "core/kernels/round_bfloat16.h"

namespace norma {

Tensor product_operand(const Tensor& x, Operands operands) {
  if (operands == Operands::kAsTheyAre) return x;
  const Tensor rounded =
      Tensor::empty(x.shape(), multiplies_bfloat16() ? DType::kBFloat16 : DType::kFloat32);
  if (rounded.dtype() == DType::kBFloat16)
    kernels::round_to_bfloat16(rounded.data<bfloat16>(), x.data<float>(), x.numel());
  else
    kernels::round_to_bfloat16(rounded.data<float>(), x.data<float>(), x.numel());
  return rounded;
}

}  // namespace norma
