#include <cstring>
#include <vector>

#include "core/onednn.h"
#include "core/onednn/engine.h"

namespace norma::onednn {
namespace {

using dnnl::memory;

struct MatmulKey {
  Gemm product;
  int64_t lda, ldb, ldc;
  bool float32_c, with_bias;
  bool operator==(const MatmulKey&) const = default;
};

struct HashMatmulKey {
  size_t operator()(const MatmulKey& key) const {
    const Gemm& p = key.product;
    const int64_t flags = p.transpose_a + 2 * p.transpose_b + 4 * p.accumulate + 8 * key.float32_c +
                          16 * key.with_bias;
    return hash_of({p.m, p.n, p.k, key.lda, key.ldb, key.ldc, flags});
  }
};

// op(matrix), rows by columns, as oneDNN sees it.
memory::desc layout(int64_t rows, int64_t columns, memory::data_type type, bool transposed,
                    int64_t ld) {
  return {{rows, columns}, type, transposed ? memory::dims{1, ld} : memory::dims{ld, 1}};
}

Primitive build(const MatmulKey& key) {
  const Gemm& p = key.product;
  constexpr auto kBFloat16 = memory::data_type::bf16;
  const auto c_type = key.float32_c ? memory::data_type::f32 : kBFloat16;
  const memory::desc a = layout(p.m, p.k, kBFloat16, p.transpose_a, key.lda);
  const memory::desc b = layout(p.k, p.n, kBFloat16, p.transpose_b, key.ldb);
  const memory::desc c = layout(p.m, p.n, c_type, false, key.ldc);
  const memory::desc bias = key.with_bias ? layout(1, p.n, c_type, false, p.n) : memory::desc();
  dnnl::primitive_attr attributes = norma::onednn::attributes();
  if (p.accumulate) {
    dnnl::post_ops add;
    add.append_sum(1.0f);
    attributes.set_post_ops(add);
  }
  const auto desc = describe<dnnl::matmul>(attributes, a, b, bias, c);
  std::vector<Primitive::Argument> arguments{
      {DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
  if (key.with_bias) arguments.push_back({DNNL_ARG_BIAS, bias});
  return {dnnl::matmul(desc), arguments, desc.scratchpad_desc()};
}

void copy_column(void* to, int64_t to_step, const void* from, int64_t from_step, int64_t elements,
                 size_t size) {
  for (int64_t i = 0; i < elements; ++i) {
    std::memcpy(static_cast<std::byte*>(to) + static_cast<size_t>(i * to_step) * size,
                static_cast<const std::byte*>(from) + static_cast<size_t>(i * from_step) * size,
                size);
  }
}

// With AMX, oneDNN 3.7 takes a single row or column whose elements do not lie side by side for one
// whose elements do. Those two go through dense copies.
void matmul_column(const Gemm& p, const bfloat16* a, int64_t lda, const bfloat16* b, int64_t ldb,
                   void* c, bool float32_c, int64_t ldc, const void* bias) {
  const size_t size = size_of(float32_c ? DType::kFloat32 : DType::kBFloat16);
  thread_local std::vector<std::byte> dense;
  dense.resize(static_cast<size_t>(p.m) * size);
  if (p.accumulate) copy_column(dense.data(), 1, c, ldc, p.m, size);
  matmul_bfloat16(p, a, lda, b, ldb, dense.data(), float32_c, 1, bias);
  copy_column(c, ldc, dense.data(), 1, p.m, size);
}

void matmul_row(Gemm p, const bfloat16* a, int64_t lda, const bfloat16* b, int64_t ldb, void* c,
                bool float32_c, int64_t ldc, const void* bias) {
  thread_local std::vector<bfloat16> dense;
  dense.resize(static_cast<size_t>(p.k));
  copy_column(dense.data(), 1, a, lda, p.k, sizeof(bfloat16));
  p.transpose_a = false;
  matmul_bfloat16(p, dense.data(), p.k, b, ldb, c, float32_c, ldc, bias);
}

}  // namespace

bool supports_bfloat16() { return has_avx512(); }

void matmul_bfloat16(const Gemm& p, const bfloat16* a, int64_t lda, const bfloat16* b, int64_t ldb,
                     void* c, bool float32_c, int64_t ldc, const void* bias) {
  if (p.m == 1 && p.transpose_a && lda > 1) {
    return matmul_row(p, a, lda, b, ldb, c, float32_c, ldc, bias);
  }
  if (p.n == 1 && ldc > 1) return matmul_column(p, a, lda, b, ldb, c, float32_c, ldc, bias);
  // Never destroyed: worker threads may outlive static objects.
  static auto& cache = *new Cache<MatmulKey, Primitive, HashMatmulKey>;
  const Primitive& primitive = cache.find({p, lda, ldb, ldc, float32_c, bias != nullptr}, build);
  if (bias) {
    primitive.run({a, b, c, bias});
  } else {
    primitive.run({a, b, c});
  }
}

}  // namespace norma::onednn
