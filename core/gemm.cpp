#include "core/gemm.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "core/error.h"
#include "core/gemm_tiling.h"
#include "core/kernels/few_rows.h"
#include "core/kernels/packed_gemm.h"
#include "core/onednn.h"
#include "core/pool.h"

namespace norma {
namespace {

// Element (i, j) of op(matrix).
template <class T>
const T* at(const T* matrix, bool transposed, int64_t ld, int64_t i, int64_t j) {
  return transposed ? matrix + j * ld + i : matrix + i * ld + j;
}

template <class T>
kernels::MatrixView<T> view(const T* matrix, bool transposed, int64_t ld) {
  return {matrix, transposed ? 1 : ld, transposed ? ld : 1};
}

// What sums are kept in until they are complete.
template <class T>
using SumOf = std::conditional_t<std::is_same_v<T, bfloat16>, float, T>;

// Whether Norma's own kernel is faster in float32 than oneDNN. With AVX2 alone oneDNN 2.6 reads
// what it takes for a small product in place; where the sum then steps through an operand by
// multiples of half a page, few places of the cache hold all of it, and the product takes up to
// twice as long. Calling oneDNN also costs more than the smallest products do.
bool suits_packing(const Gemm& p, int64_t lda, int64_t ldb) {
  static const bool has_avx512 = onednn::has_avx512();
  if (has_avx512) return false;
  constexpr int64_t kSmallest = 32 * 32 * 32, kPage = 4096 / sizeof(float);
  if (p.m * p.n * p.k <= kSmallest) return true;
  // As measured: results and sums from which on it packs, operands that it packs at any size.
  constexpr int64_t kPackedResult = 384 * 1024, kShortSum = 256, kThin = 32;
  if (p.transpose_b || std::min(p.m, p.n) < kThin) return false;
  if (p.transpose_a)
    return p.m * p.n < kPackedResult && (lda % (kPage / 2) == 0 || ldb % (kPage / 2) == 0);
  return p.k >= kShortSum && ldb % kPage == 0;
}

// One tile, on the calling thread; c holds T or SumOf<T>.
template <class T, class C>
void multiply(const Gemm& p, const T* a, int64_t lda, const T* b, int64_t ldb, C* c, int64_t ldc,
              const C* bias) {
  if constexpr (std::is_same_v<T, bfloat16>) {
    onednn::matmul_bfloat16(p, a, lda, b, ldb, c, std::is_same_v<C, float>, ldc, bias);
  } else {
    if constexpr (std::is_same_v<T, float>) {
      if (!suits_packing(p, lda, ldb)) return onednn::sgemm(p, a, lda, b, ldb, c, ldc, bias);
    }
    kernels::packed_gemm(p.m, p.n, p.k, view(a, p.transpose_a, lda), view(b, p.transpose_b, ldb), c,
                         ldc, p.accumulate, bias);
  }
}

template <class T, class C>
void multiply_by_tiles(const Gemm& p, const Tiling& tiling, const T* a, int64_t lda, const T* b,
                       int64_t ldb, C* c, int64_t ldc, const C* bias) {
  parallel_chunks(tiling.rows.number * tiling.columns.number, [&](int64_t chunk) {
    const int64_t row = chunk / tiling.columns.number, column = chunk % tiling.columns.number;
    const int64_t i = tiling.rows.begin(row), j = tiling.columns.begin(column);
    Gemm tile = p;
    tile.m = tiling.rows.end(row) - i;
    tile.n = tiling.columns.end(column) - j;
    multiply(tile, at(a, p.transpose_a, lda, i, 0), lda, at(b, p.transpose_b, ldb, 0, j), ldb,
             c + i * ldc + j, ldc, bias ? bias + j : nullptr);
  });
}

template <class T, class C>
void multiply_by_pieces_of_k(const Gemm& p, const Chunks& depth, const T* a, int64_t lda,
                             const T* b, int64_t ldb, C* c, int64_t ldc, const C* bias) {
  using Sum = SumOf<T>;
  const int64_t elements = p.m * p.n;
  const Storage scratch(static_cast<size_t>(depth.number * elements) * sizeof(Sum));
  Sum* partials = reinterpret_cast<Sum*>(scratch.data());
  parallel_chunks(depth.number, [&](int64_t piece) {
    const int64_t begin = depth.begin(piece);
    Gemm part = p;
    part.k = depth.end(piece) - begin;
    part.accumulate = false;
    multiply<T, Sum>(part, at(a, p.transpose_a, lda, 0, begin), lda,
                     at(b, p.transpose_b, ldb, begin, 0), ldb, partials + piece * elements, p.n,
                     nullptr);
  });
  parallel_ranges(p.m, p.n * depth.number, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      Sum* sum = partials + i * p.n;  // the first piece collects the others, in order
      for (int64_t piece = 1; piece < depth.number; ++piece) {
        const Sum* next = sum + piece * elements;
#pragma omp simd
        for (int64_t j = 0; j < p.n; ++j) sum[j] += next[j];
      }
      C* row = c + i * ldc;
#pragma omp simd
      for (int64_t j = 0; j < p.n; ++j) {
        const Sum start = p.accumulate ? static_cast<Sum>(row[j]) : Sum(0);
        row[j] = static_cast<C>(start + (bias ? sum[j] + static_cast<Sum>(bias[j]) : sum[j]));
      }
    }
  });
}

// What is left of a product without a sum.
template <class C>
void fill_with_bias(const Gemm& p, C* c, int64_t ldc, const C* bias) {
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      C& element = c[i * ldc + j];
      const C start = p.accumulate ? element : C(0);
      element = bias ? C(start + bias[j]) : start;
    }
  }
}

// A linear layer's product of so few rows that it costs what reading the weight does.
bool is_of_few_rows(const Gemm& p) {
  return p.m <= kernels::kFewRows && !p.transpose_a && p.transpose_b;
}

template <class T, class C = T>
void gemm_of(const Gemm& p, const void* a, int64_t lda, const void* b, int64_t ldb, void* c,
             int64_t ldc, const void* bias) {
  if (p.k == 0) return fill_with_bias(p, static_cast<C*>(c), ldc, static_cast<const C*>(bias));
  if constexpr (std::is_same_v<T, float>) {
    if (is_of_few_rows(p))
      return kernels::few_rows_product(p.m, p.n, p.k, static_cast<const T*>(a), lda,
                                       static_cast<const T*>(b), ldb, static_cast<T*>(c), ldc,
                                       p.accumulate, static_cast<const T*>(bias));
  }
  const Tiling tiling = tiling_of(p, dtype_of<T>);
  const auto run = [&](auto multiply_in_parts, const auto& cut) {
    multiply_in_parts(p, cut, static_cast<const T*>(a), lda, static_cast<const T*>(b), ldb,
                      static_cast<C*>(c), ldc, static_cast<const C*>(bias));
  };
  if (tiling.depth.number > 1) {
    run(multiply_by_pieces_of_k<T, C>, tiling.depth);
  } else {
    run(multiply_by_tiles<T, C>, tiling);
  }
}

void check_rows(const char* name, int64_t ld, int64_t width) {
  if (ld >= width) return;
  throw Error("[gemm] leading dimension " + std::to_string(ld) + " of " + name +
              " is shorter than its rows of " + std::to_string(width) + " elements");
}

}  // namespace

void gemm(DType dtype, const Gemm& p, const void* a, int64_t lda, const void* b, int64_t ldb,
          void* c, int64_t ldc, const void* bias) {
  gemm(dtype, dtype, p, a, lda, b, ldb, c, ldc, bias);
}

bool multiplies_bfloat16() { return onednn::supports_bfloat16(); }

void gemm(DType operands, DType result, const Gemm& p, const void* a, int64_t lda, const void* b,
          int64_t ldb, void* c, int64_t ldc, const void* bias) {
  if (p.m < 0 || p.n < 0 || p.k < 0) {
    throw Error("[gemm] sizes m " + std::to_string(p.m) + ", n " + std::to_string(p.n) + ", k " +
                std::to_string(p.k) + ": none may be negative");
  }
  check_rows("a", lda, p.transpose_a ? p.m : p.k);
  check_rows("b", ldb, p.transpose_b ? p.k : p.n);
  check_rows("c", ldc, p.n);
  if (p.m == 0 || p.n == 0) return;
  if (operands != result && (operands != DType::kBFloat16 || result != DType::kFloat32)) {
    throw Error(std::string("[gemm] a product of ") + name_of(operands) + " cannot be kept in " +
                name_of(result));
  }
  switch (operands) {
    case DType::kFloat32:
      return gemm_of<float>(p, a, lda, b, ldb, c, ldc, bias);
    case DType::kFloat64:
      return gemm_of<double>(p, a, lda, b, ldb, c, ldc, bias);
    case DType::kBFloat16:
      if (!onednn::supports_bfloat16()) {
        throw Error("[gemm] products in bfloat16 need a processor with AVX-512");
      }
      return result == DType::kFloat32 ? gemm_of<bfloat16, float>(p, a, lda, b, ldb, c, ldc, bias)
                                       : gemm_of<bfloat16>(p, a, lda, b, ldb, c, ldc, bias);
    default:
      throw Error(std::string("[gemm] matrix products run in floating point, not in ") +
                  name_of(operands));
  }
}

}  // namespace norma
