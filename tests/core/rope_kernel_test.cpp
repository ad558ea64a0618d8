#include <cmath>
#include <vector>

#include "core/kernels/rope.h"
#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/threads.h"

namespace norma {
namespace {

template <class T>
std::vector<T> wave(int64_t count) {
  std::vector<T> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(std::sin(1.3 * double(i)));
  return values;
}

}  // namespace

TEMPLATE_TEST_CASE("rotary embedding turns half-split pairs by their angle", "[rope]", float,
                   double) {
  using T = TestType;
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
  for (const int64_t width : {2, 6, 30, 34, 66}) {
    const int64_t batch = 2, rows = 5, heads = 3, first = 4, half = width / 2;
    const int64_t row_stride = 3 * heads * width;  // a packed (B, T, 3·C) projection
    std::vector<T> cosines(static_cast<size_t>((first + rows) * half)), sines(cosines);
    kernels::rope_table(cosines.data(), sines.data(), first + rows, width);
    const std::vector<T> before = wave<T>(batch * rows * row_stride);
    std::vector<T> x = before;
    // The second third: the keys.
    const kernels::AttentionView<T> view{x.data() + heads * width, rows * row_stride, row_stride,
                                         width};
    kernels::rope_rotate(view, batch, rows, heads, width, cosines.data(), sines.data(), first,
                         false);
    for (int64_t token = 0; token < batch * rows; ++token) {
      for (int64_t c = 0; c < row_stride; ++c) {
        const size_t at = static_cast<size_t>(token * row_stride + c);
        if (c < heads * width || c >= 2 * heads * width) {
          CHECK(x[at] == before[at]);
          continue;
        }
        const int64_t d = c % width, pair = d % half, position = first + token % rows;
        const double angle =
            double(position) * std::pow(10000.0, -2.0 * double(pair) / double(width));
        const double other =
            before[static_cast<size_t>(token * row_stride + c + (d < half ? half : -half))];
        const double expected =
            before[at] * std::cos(angle) + (d < half ? -other : other) * std::sin(angle);
        CHECK(x[at] == Approx(expected).margin(tolerance));
      }
    }
    kernels::rope_rotate(view, batch, rows, heads, width, cosines.data(), sines.data(), first,
                         true);
    for (size_t i = 0; i < x.size(); ++i) CHECK(x[i] == Approx(before[i]).margin(tolerance));
  }
}

TEST_CASE("scores of rotated vectors depend on the distance alone", "[rope]") {
  const int64_t width = 16, positions = 64;
  std::vector<double> cosines(static_cast<size_t>(positions * width / 2)), sines(cosines);
  kernels::rope_table(cosines.data(), sines.data(), positions, width);
  const std::vector<double> both = wave<double>(2 * width);
  const auto score = [&](int64_t query_at, int64_t key_at) {
    std::vector<double> x = both;
    const kernels::AttentionView<double> q{x.data(), 0, 0, width}, k{x.data() + width, 0, 0, width};
    kernels::rope_rotate(q, 1, 1, 1, width, cosines.data(), sines.data(), query_at, false);
    kernels::rope_rotate(k, 1, 1, 1, width, cosines.data(), sines.data(), key_at, false);
    double dot = 0;
    for (size_t d = 0; d < 16; ++d) dot += x[d] * x[d + 16];
    return dot;
  };
  CHECK(score(9, 4) == Approx(score(40, 35)).epsilon(1e-12));
  CHECK(std::fabs(score(9, 4) - score(9, 5)) > 1e-3);
}

TEST_CASE("one and two threads rotate to the same bits", "[rope]") {
  const int64_t batch = 8, rows = 64, heads = 4, width = 32;
  std::vector<float> cosines(static_cast<size_t>(rows * width / 2)), sines(cosines);
  kernels::rope_table(cosines.data(), sines.data(), rows, width);
  std::vector<float> x[2];
  for (int threads = 1; threads <= 2; ++threads) {
    const Threads set(threads);
    x[threads - 1] = wave<float>(batch * rows * heads * width);
    kernels::rope_rotate<float>({x[threads - 1].data(), rows * heads * width, heads * width, width},
                                batch, rows, heads, width, cosines.data(), sines.data(), 0, false);
  }
  CHECK(x[0] == x[1]);
}

}  // namespace norma
