#include "core/gemm.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "core/error.h"
#include "core/gemm_tiling.h"
#include "core/onednn.h"
#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/core/numbers.h"
#include "tests/threads.h"

namespace norma {
namespace {

// Where bfloat16 products do not run, only their refusal can be tested.
template <class T>
bool runs() {
  return dtype_of<T> != DType::kBFloat16 || onednn::supports_bfloat16();
}

template <class T>
T from_double(double value) {
  if constexpr (std::is_same_v<T, bfloat16>) return bfloat16(static_cast<float>(value));
  return static_cast<T>(value);
}

// Operands of one product, with `extra` unused elements behind every row.
template <class T>
struct ProductCase {
  Gemm product;
  int64_t lda, ldb, ldc;
  std::vector<T> a, b, c, bias;

  // Multiples of 1/8 in [-1, 1]: their products and sums are exact in float32, whatever the order,
  // so that results must be equal and not merely close.
  ProductCase(const Gemm& p, int64_t extra, unsigned seed = 1) : product(p) {
    lda = (p.transpose_a ? p.m : p.k) + extra;
    ldb = (p.transpose_b ? p.k : p.n) + extra;
    ldc = p.n + extra;
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> eighths(-8, 8);
    const auto fill = [&](std::vector<T>& values, int64_t count) {
      values.resize(static_cast<size_t>(count));
      for (T& value : values) value = from_double<T>(eighths(random) / 8.0);
    };
    fill(a, (p.transpose_a ? p.k : p.m) * lda);
    fill(b, (p.transpose_b ? p.n : p.k) * ldb);
    fill(c, p.m * ldc);
    fill(bias, p.n);
  }

  T& a_at(int64_t i, int64_t p) {
    return a[static_cast<size_t>(product.transpose_a ? p * lda + i : i * lda + p)];
  }
  T& b_at(int64_t p, int64_t j) {
    return b[static_cast<size_t>(product.transpose_b ? j * ldb + p : p * ldb + j)];
  }
  double exact(int64_t i, int64_t j, bool with_bias) {
    double sum = with_bias ? double(bias[static_cast<size_t>(j)]) : 0;
    if (product.accumulate) sum += double(c[static_cast<size_t>(i * ldc + j)]);
    for (int64_t p = 0; p < product.k; ++p) sum += double(a_at(i, p)) * double(b_at(p, j));
    return sum;
  }
  std::vector<T> run(std::vector<T> result, bool with_bias) const {
    gemm(dtype_of<T>, product, a.data(), lda, b.data(), ldb, result.data(), ldc,
         with_bias ? bias.data() : nullptr);
    return result;
  }
};

// Compares every element, and the unused ones behind the rows of c, which must stay as they were.
template <class T>
void check_product(const Gemm& p, int64_t extra, bool with_bias) {
  ProductCase<T> operands(p, extra);
  std::vector<T> start = operands.c;
  if (!p.accumulate) {  // old contents are not read
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j)
        start[static_cast<size_t>(i * operands.ldc + j)] = from_double<T>(kNaN);
  }
  const std::vector<T> result = operands.run(start, with_bias);
  int64_t wrong = 0;
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < operands.ldc; ++j) {
      const size_t at = static_cast<size_t>(i * operands.ldc + j);
      const T expected = j < p.n ? from_double<T>(operands.exact(i, j, with_bias)) : operands.c[at];
      if (!(result[at] == expected)) ++wrong;
    }
  }
  INFO("m " << p.m << ", n " << p.n << ", k " << p.k << ", transpose_a " << p.transpose_a
            << ", transpose_b " << p.transpose_b << ", accumulate " << p.accumulate << ", bias "
            << with_bias << ", extra " << extra);
  CHECK(wrong == 0);
}

// Shapes that are cut by rows, by columns, by both and along k, beside one that is not cut, and
// one of few rows.
const Gemm kCut[] = {{.m = 2048, .n = 70, .k = 33, .transpose_b = true},
                     {.m = 33, .n = 1100, .k = 130},
                     {.m = 200, .n = 300, .k = 257, .transpose_b = true},
                     {.m = 65, .n = 127, .k = 4099, .transpose_a = true, .accumulate = true},
                     {.m = 17, .n = 15, .k = 33},
                     {.m = 3, .n = 1100, .k = 131, .transpose_b = true}};

}  // namespace

TEMPLATE_TEST_CASE("products of all layouts are exact where the numbers are", "[gemm]", float,
                   double, bfloat16) {
  if (!runs<TestType>()) return;
  const int64_t sizes[] = {1, 2, 3, 4, 7, 15, 17, 33, 65};
  for (int64_t m : sizes)
    for (int64_t n : sizes)
      for (int64_t k : {0, 1, 15, 33, 128}) {
        for (int bits = 0; bits < 16; ++bits) {
          const bool with_bias = bits & 8;
          check_product<TestType>({m, n, k, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0},
                                  bits % 3, with_bias);
        }
      }
}

TEST_CASE("products of bfloat16 can be kept in float32, unrounded", "[gemm]") {
  if (!runs<bfloat16>()) return;
  for (const Gemm& p : kCut) {
    ProductCase<bfloat16> operands(p, 3);
    std::vector<float> c(operands.c.begin(), operands.c.end()),
        bias(operands.bias.begin(), operands.bias.end());
    gemm(DType::kBFloat16, DType::kFloat32, p, operands.a.data(), operands.lda, operands.b.data(),
         operands.ldb, c.data(), operands.ldc, bias.data());
    int64_t wrong = 0;
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j)
        wrong += double(c[static_cast<size_t>(i * operands.ldc + j)]) != operands.exact(i, j, true);
    INFO("m " << p.m << ", n " << p.n << ", k " << p.k);
    CHECK(wrong == 0);
  }
  float number = 0;
  double wide = 0;
  CHECK_THROWS_AS(
      gemm(DType::kFloat32, DType::kFloat64, {1, 1, 1}, &number, 1, &number, 1, &wide, 1), Error);
}

TEST_CASE("products are cut where it costs least", "[gemm]") {
  const auto pieces = [](const Gemm& p, DType operands = DType::kFloat32) {
    const Tiling tiling = tiling_of(p, operands);
    return std::array{tiling.rows.number, tiling.columns.number, tiling.depth.number};
  };
  CHECK(pieces(kCut[0]) == std::array<int64_t, 3>{8, 1, 1});
  CHECK(pieces(kCut[1]) == std::array<int64_t, 3>{1, 8, 1});
  CHECK(pieces(kCut[2]) == std::array<int64_t, 3>{3, 2, 1});
  CHECK(pieces(kCut[3]) == std::array<int64_t, 3>{1, 1, 8});
  CHECK(pieces(kCut[4]) == std::array<int64_t, 3>{1, 1, 1});
  // Few rows and a large weight: the weight is packed once, not once a tile.
  CHECK(pieces({.m = 256, .n = 3072, .k = 768}) == std::array<int64_t, 3>{1, 8, 1});
  // Weight gradients are cut along the rows of the batch.
  CHECK(pieces({.m = 1536, .n = 384, .k = 2048, .transpose_a = true}) ==
        std::array<int64_t, 3>{1, 1, 4});
  // In bfloat16 whole rows of c stay together, unless there are few of them or the weight is large.
  constexpr auto kBFloat16 = DType::kBFloat16;
  CHECK(pieces({.m = 2048, .n = 1536, .k = 384}) == std::array<int64_t, 3>{4, 2, 1});
  CHECK(pieces({.m = 2048, .n = 1536, .k = 384}, kBFloat16) == std::array<int64_t, 3>{8, 1, 1});
  CHECK(pieces({.m = 1536, .n = 384, .k = 2048, .transpose_a = true}, kBFloat16) ==
        std::array<int64_t, 3>{8, 1, 1});
  CHECK(pieces({.m = 384, .n = 1536, .k = 2048, .transpose_a = true}, kBFloat16) ==
        std::array<int64_t, 3>{1, 1, 4});
  CHECK(pieces({.m = 256, .n = 50257, .k = 768}, kBFloat16) == std::array<int64_t, 3>{1, 8, 1});
  // No piece is empty and together they are the whole.
  for (int64_t m : {1, 63, 64, 130, 513, 4097}) {
    const Tiling tiling = tiling_of({.m = m, .n = 300, .k = 500}, DType::kFloat32);
    CHECK(tiling.rows.begin(tiling.rows.number - 1) < m);
    CHECK(tiling.rows.end(tiling.rows.number - 1) == m);
  }
}

TEMPLATE_TEST_CASE("products cut into tiles are exact where the numbers are", "[gemm]", float,
                   double, bfloat16) {
  if (!runs<TestType>()) return;
  for (Gemm p : kCut) {
    for (int bits = 0; bits < 4; ++bits) {
      p.transpose_a = bits & 1, p.transpose_b = bits & 2, p.accumulate = bits % 3 == 0;
      check_product<TestType>(p, bits % 2 * 5, bits < 2);
    }
  }
}

TEMPLATE_TEST_CASE("a product has the same bits for any number of threads", "[gemm]", float, double,
                   bfloat16) {
  if (!runs<TestType>()) return;
  using T = TestType;
  for (const Gemm& p : kCut) {
    ProductCase<T> operands(p, 0);
    std::mt19937 random(7);  // full mantissas: another order of summing would show
    std::normal_distribution<double> normal;
    for (T& x : operands.a) x = from_double<T>(normal(random));
    for (T& x : operands.b) x = from_double<T>(normal(random));
    std::vector<T> one, two, three, nested = operands.c;
    {
      const Threads threads(1);
      one = operands.run(operands.c, true);
    }
    {
      const Threads threads(2);
      two = operands.run(operands.c, true);
      parallel_chunks(2, [&](int64_t chunk) {
        if (chunk == 1) nested = operands.run(nested, true);
      });
    }
    {
      const Threads threads(3);
      three = operands.run(operands.c, true);
    }
    INFO("m " << p.m << ", n " << p.n << ", k " << p.k);
    CHECK(same_bits(one, two));
    CHECK(same_bits(one, three));
    CHECK(same_bits(one, nested));

    double largest = 0;
    ProductCase<double> wide(p, 0);
    wide.a.assign(operands.a.begin(), operands.a.end());
    wide.b.assign(operands.b.begin(), operands.b.end());
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; j += 7)
        largest = std::max(largest, std::fabs(double(one[static_cast<size_t>(i * p.n + j)]) -
                                              wide.exact(i, j, true)));
    // Rounding errors of a sum of k normal products are well below this.
    const double epsilon =
        std::is_same_v<T, bfloat16> ? 0x1p-8 : double(std::numeric_limits<T>::epsilon());
    CHECK(largest <= 4 * epsilon * double(p.k));
  }
}

TEMPLATE_TEST_CASE("infinities and NaN in a product reach every element that they enter", "[gemm]",
                   float, double, bfloat16) {
  if (!runs<TestType>()) return;
  using T = TestType;
  for (Gemm p : kCut) {
    for (int bits = 0; bits < 4; ++bits) {
      p.transpose_a = bits & 1, p.transpose_b = bits & 2;
      ProductCase<T> operands(p, 1);
      const int64_t row = p.m - 1, column = p.n / 2;
      operands.a_at(row, p.k / 2) = from_double<T>(kInf);
      operands.b_at(p.k - 1, column) = from_double<T>(kNaN);
      const std::vector<T> result = operands.run(operands.c, false);
      int64_t wrong = 0;
      for (int64_t i = 0; i < p.m; ++i)
        for (int64_t j = 0; j < p.n; ++j) {
          const double value = result[static_cast<size_t>(i * operands.ldc + j)];
          if (j == column ? !std::isnan(value) : std::isfinite(value) == (i == row)) ++wrong;
        }
      INFO("m " << p.m << ", n " << p.n << ", k " << p.k << ", layout " << bits);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("primitives of bfloat16 products are built once a shape", "[gemm]") {
  if (!runs<bfloat16>()) return;
  const ProductCase<bfloat16> operands({.m = 512, .n = 96, .k = 40, .transpose_b = true}, 0);
  const auto first = operands.run(operands.c, true);
  const int64_t built = onednn::primitives_created();
  CHECK(built > 0);
  for (int step = 0; step < 3; ++step) CHECK(same_bits(first, operands.run(operands.c, true)));
  CHECK(onednn::primitives_created() == built);
}

TEST_CASE("a product refuses impossible sizes and says which", "[gemm]") {
  float x[16] = {};
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(gemm(DType::kFloat32, {2, 2, -1}, x, 4, x, 4, x, 4), ContainsSubstring("k -1"));
  CHECK_THROWS_WITH(gemm(DType::kFloat32, {2, 3, 4}, x, 3, x, 4, x, 4),
                    ContainsSubstring("leading dimension 3 of a"));
  CHECK_THROWS_WITH(gemm(DType::kFloat64, {2, 3, 4}, x, 4, x, 2, x, 4),
                    ContainsSubstring("leading dimension 2 of b"));
  CHECK_THROWS_WITH(gemm(DType::kFloat64, {2, 3, 4}, x, 4, x, 4, x, 2),
                    ContainsSubstring("leading dimension 2 of c"));
  if (!onednn::supports_bfloat16())
    CHECK_THROWS_AS(gemm(DType::kBFloat16, {1, 1, 1}, x, 1, x, 1, x, 1), Error);
  CHECK_THROWS_AS(gemm(DType::kInt32, {1, 1, 1}, x, 1, x, 1, x, 1), Error);
}

}  // namespace norma
