#include "core/onednn.h"
#include "core/onednn/engine.h"

namespace norma::onednn {

// The BLAS-like call, not the matmul primitive: it needs no descriptor, no cache and no memory
// objects, so that a size never seen before (a growing key cache) costs nothing, and at the shapes
// of small transformers it is as fast or faster.
void sgemm(const Gemm& p, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
           int64_t ldc, const float* bias) {
  for (int64_t i = 0; bias && i < p.m; ++i) {  // start from it: the tile of c is then in the cache
    float* row = c + i * ldc;
#pragma omp simd
    for (int64_t j = 0; j < p.n; ++j) row[j] = (p.accumulate ? row[j] : 0.0f) + bias[j];
  }
  const float beta = p.accumulate || bias ? 1.0f : 0.0f;
  const OneThread one_thread;
  check(dnnl_sgemm(p.transpose_a ? 'T' : 'N', p.transpose_b ? 'T' : 'N', p.m, p.n, p.k, 1.0f, a,
                   lda, b, ldb, beta, c, ldc),
        "sgemm");
}

}  // namespace norma::onednn
