#include "apps/layer/numerics/methods.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/norm/moments.h"
#include "core/kernels/norm/row_moments.h"
#include "core/parallel.h"

namespace norma::numerics {
namespace {

template <Moments (*of_row)(const float*, int64_t)>
std::vector<Moments> row_by_row(const Rows& rows) {
  std::vector<Moments> found(static_cast<size_t>(rows.rows));
  for (int64_t r = 0; r < rows.rows; ++r)
    found[static_cast<size_t>(r)] = of_row(rows.row(r), rows.length);
  return found;
}

// Norma's own, called as its loops over rows call it: by a worker, which flushes denormals to zero.
std::vector<Moments> by_row_kernel(const Rows& rows) {
  std::vector<Moments> found(static_cast<size_t>(rows.rows));
  parallel_chunks(rows.rows, [&](int64_t r) {
    Moments& row = found[static_cast<size_t>(r)];
    double m2 = 0;
    kernels::row_moments(rows.row(r), rows.length, 1, rows.length, true, &row.mean, &m2);
    row.variance = m2 / static_cast<double>(rows.length);
  });
  return found;
}

// The same numbers as channels, as the loops over columns read them: blocks of up to 64 positions,
// merged.
std::vector<Moments> by_column_kernel(const Rows& rows) {
  constexpr int64_t kBlock = 64;
  const int64_t channels = rows.rows, n = rows.length;
  const size_t count = static_cast<size_t>(channels);
  std::vector<float> columns(rows.numbers.size()), scratch(2 * count);
  for (int64_t r = 0; r < channels; ++r)
    for (int64_t i = 0; i < n; ++i) columns[static_cast<size_t>(i * channels + r)] = rows.row(r)[i];
  std::vector<double> mean(count), m2(count);
  parallel_chunks(1, [&](int64_t) {
    kernels::ColumnMoments moments{.mean = mean.data(), .m2 = m2.data()};
    for (int64_t first = 0; first < n; first += kBlock)
      kernels::add_block_moments(columns.data() + first * channels, channels,
                                 std::min(kBlock, n - first), channels, true, scratch.data(),
                                 moments);
  });
  std::vector<Moments> found;
  for (size_t r = 0; r < count; ++r) found.push_back({mean[r], m2[r] / static_cast<double>(n)});
  return found;
}

double squared(double x) { return x * x; }

// The relative error to be expected of a sum of `terms` numbers of one sign, in units of u.
// Rounding errors that are independent grow as the root of how many there are (Higham and Mary, "A
// new approach to probabilistic rounding error analysis", 2019). An addition's, anywhere within
// half of the last bit, is 0.43 u of the sum so far as a root mean square, and the sums so far are
// 0.58 of the last one.
double grown(double terms) { return 0.25 * std::sqrt(terms); }

const Method kMethods[] = {
    {"one_pass", "one pass", "Σx, Σx² in float32; mean square − mean²", "½√n·u·κ²",
     row_by_row<one_pass<float, float>>,
     [](double n, double k) { return 2 * grown(n) * kFloat32 * k * k; }},
    {"two_pass", "two passes", "the mean, then Σ(x − mean)², in float32", "¼√n·u + (¼√n·u·κ)²",
     row_by_row<two_passes<float>>,
     [](double n, double k) { return grown(n) * kFloat32 + squared(grown(n) * kFloat32 * k); }},
    {"welford", "Welford", "mean and Σ(x − mean)² follow every number, in float32", "¼√n·u + u·κ",
     row_by_row<welford>, [](double n, double k) { return grown(n) * kFloat32 + kFloat32 * k; }},
    {"pairwise", "pairwise", "two passes, sums made by halves, in float32", "u + (¼√log₂n·u·κ)²",
     row_by_row<pairwise>,
     [](double n, double k) { return kFloat32 + squared(grown(std::log2(n)) * kFloat32 * k); }},
    {"float64", "one pass, float64", "Σx, Σx² in float64; mean square − mean²", "½√n·u₆₄·κ²",
     row_by_row<one_pass<double, double>>,
     [](double n, double k) { return 2 * grown(n) * kFloat64 * k * k; }},
    {"bfloat16", "two passes, bfloat16", "as two passes, the sums kept in bfloat16", "",
     row_by_row<two_passes<BFloat16Sum>>, nullptr},
    {"norma_rows", "Norma, a row",
     "Σ and Σ² of x − the mean of the first register, the rest in double", "u", by_row_kernel,
     [](double, double) { return kFloat32; }, true},
    {"norma_columns", "Norma, a channel",
     "two passes over blocks of 64, merged in double (Chan, Golub, LeVeque 1979)", "u",
     by_column_kernel, [](double, double) { return kFloat32; }, true},
};

}  // namespace

std::span<const Method> methods() { return kMethods; }

}  // namespace norma::numerics
