#include <memory>

#include "apps/bench/families.h"
#include "apps/bench/forward_backward.h"
#include "core/gemm.h"
#include "core/onednn.h"

namespace norma {
namespace {

// What a linear layer does in training: y = x Wᵀ, dx = dy W, dW += dyᵀ x.
enum class Pass { kForward, kData, kWeight };

Gemm product_of(Pass pass, int64_t m, int64_t n, int64_t k) {
  return {.m = m,
          .n = n,
          .k = k,
          .transpose_a = pass == Pass::kWeight,
          .transpose_b = pass == Pass::kForward,
          .accumulate = pass == Pass::kWeight};
}

Work product_work(const Gemm& p, DType dtype) {
  const auto operand = [&](int64_t rows, int64_t columns, uint64_t seed) {
    return normal_tensor({rows, columns}, seed).to(dtype);
  };
  const Tensor a = p.transpose_a ? operand(p.k, p.m, 1) : operand(p.m, p.k, 1);
  const Tensor b = p.transpose_b ? operand(p.n, p.k, 2) : operand(p.k, p.n, 2);
  const Tensor c = Tensor::zeros({p.m, p.n}, dtype);
  const double bytes = static_cast<double>(a.bytes() + b.bytes() + c.bytes());
  return {.run =
              [=] {
                gemm(dtype, p, a.raw(), a.shape().back(), b.raw(), b.shape().back(), c.raw(), p.n);
              },
          .bytes = bytes + (p.accumulate ? static_cast<double>(c.bytes()) : 0),
          .flops = 2.0 * static_cast<double>(p.m * p.n * p.k),
          .working_set = bytes,
          .arithmetic = dtype == DType::kBFloat16 ? Arithmetic::kProductBFloat16
                                                  : Arithmetic::kProductFloat32};
}

}  // namespace

std::vector<BenchCase> product_cases() {
  struct Layer {
    int64_t rows, out, in;
    bool large = false;
  };
  // Of transformers of width 128 and 384, and of GPT-2's output.
  const Layer layers[] = {{4096, 384, 128},  {4096, 512, 128},  {4096, 128, 512},
                          {2048, 1536, 384}, {2048, 384, 1536}, {256, 50257, 768, true}};
  std::vector<BenchCase> cases;
  const auto add = [&](Pass pass, const char* suffix, bool large, int64_t m, int64_t n, int64_t k) {
    const std::string name =
        "matmul/" + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) + suffix;
    const Gemm p = product_of(pass, m, n, k);
    cases.push_back(
        {.name = name, .make = [p] { return product_work(p, DType::kFloat32); }, .large = large});
    if (onednn::supports_bfloat16())
      cases.push_back({.name = name + "/bfloat16",
                       .make = [p] { return product_work(p, DType::kBFloat16); },
                       .large = large});
  };
  for (const auto& [rows, out, in, large] : layers) {
    add(Pass::kForward, "", large, rows, out, in);
    add(Pass::kData, "/dx", large, rows, in, out);
    add(Pass::kWeight, "/dweight", large, out, in, rows);
  }
  return cases;
}

}  // namespace norma
