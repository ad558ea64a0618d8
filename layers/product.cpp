#include "layers/product.h"

namespace norma {

Tensor product_operand(const Tensor& x, Operands operands) {
  if (operands == Operands::kAsTheyAre) return x;
  const Tensor rounded = x.to(DType::kBFloat16);
  return multiplies_bfloat16() ? rounded : rounded.to(DType::kFloat32);
}

}  // namespace norma
