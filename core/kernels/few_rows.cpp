#include "core/kernels/few_rows.h"

#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"
#include "core/parallel.h"

namespace norma::kernels {
namespace {

using math::Vec;
using V = Vec<float>;

// Rows of b are long and come from memory one behind the other, so one is read at a time, by
// several sums an element of c that do not wait for each other.
template <int rows>
constexpr int kSums = rows == 1 ? 4 : 2;

// c[i][j] of all rows i for one j.
template <int rows>
void multiply_row(int64_t k, const float* a, int64_t lda, const float* b, float* products) {
  constexpr int sums = kSums<rows>;
  V sum[rows][sums];
  unrolled<rows * sums>([&](auto i) NORMA_INLINE { sum[i / sums][i % sums] = V(0); });
  int64_t at = 0;
  for (; at + sums * V::lanes <= k; at += sums * V::lanes) {
    unrolled<sums>([&](auto s) NORMA_INLINE {
      const V weight = V::load(b + at + s * V::lanes);
      unrolled<rows>([&](auto i) NORMA_INLINE {
        sum[i][s] += weight * V::load(a + i * lda + at + s * V::lanes);
      });
    });
  }
  for (; at < k; at += V::lanes) {
    const V weight = V::load_at_most(b + at, k - at);
    unrolled<rows>([&](auto i) NORMA_INLINE {
      sum[i][0] += weight * V::load_at_most(a + i * lda + at, k - at);
    });
  }
  unrolled<rows>([&](auto i) NORMA_INLINE {
    V all = sum[i][0];
    for (int s = 1; s < sums; ++s) all += sum[i][s];
    products[i] = math::sum(all);
  });
}

template <int rows>
void multiply(int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
              float* c, int64_t ldc, bool accumulate, const float* bias) {
  // Steps that a row of b costs: memory hands over several elements in the time of one.
  const int64_t work = k / 4;
  parallel_ranges(n, work, [=](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      float products[rows];
      multiply_row<rows>(k, a, lda, b + j * ldb, products);
      for (int i = 0; i < rows; ++i) {
        float& element = c[i * ldc + j];
        const float start = accumulate ? element : 0.0f;
        element = start + (bias ? products[i] + bias[j] : products[i]);
      }
    }
  });
}

}  // namespace

void few_rows_product(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b,
                      int64_t ldb, float* c, int64_t ldc, bool accumulate, const float* bias) {
  unrolled<kFewRows>([&](auto i) NORMA_INLINE {
    constexpr int rows = i + 1;
    if (m == rows) multiply<rows>(n, k, a, lda, b, ldb, c, ldc, accumulate, bias);
  });
}

}  // namespace norma::kernels
