#include "core/conv.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/onednn.h"
#include "core/parallel.h"
#include "tests/catch.h"
#include "tests/core/numbers.h"
#include "tests/threads.h"

namespace norma {
namespace {

constexpr size_t kPadding = SIZE_MAX;

// Calls visit(x index, weight index, y index) for every product that the convolution sums; products
// with the zeros around the image have x index kPadding.
template <class Visit>
void for_each_product(const Conv2dShape& s, Visit&& visit) {
  const auto index = [](int64_t i) { return static_cast<size_t>(i); };
  const auto visit_tap = [&](int64_t b, int64_t oh, int64_t ow, int64_t kh, int64_t kw) {
    const int64_t h = oh * s.stride_h - s.pad_h + kh * s.dilation_h;
    const int64_t w = ow * s.stride_w - s.pad_w + kw * s.dilation_w;
    const bool inside = h >= 0 && h < s.height && w >= 0 && w < s.width;
    const int64_t x_pixel = (b * s.height + h) * s.width + w;
    const int64_t y_pixel = (b * s.out_height() + oh) * s.out_width() + ow;
    for (int64_t o = 0; o < s.out_channels; ++o)
      for (int64_t i = 0; i < s.group_in(); ++i) {
        const int64_t channel = o / s.group_out() * s.group_in() + i;
        visit(inside ? index(x_pixel * s.in_channels + channel) : kPadding,
              index(((o * s.group_in() + i) * s.kernel_h + kh) * s.kernel_w + kw),
              index(y_pixel * s.out_channels + o));
      }
  };
  for (int64_t b = 0; b < s.batch; ++b)
    for (int64_t oh = 0; oh < s.out_height(); ++oh)
      for (int64_t ow = 0; ow < s.out_width(); ++ow)
        for (int64_t kh = 0; kh < s.kernel_h; ++kh)
          for (int64_t kw = 0; kw < s.kernel_w; ++kw) visit_tap(b, oh, ow, kh, kw);
}

template <class T>
struct Case {
  Conv2dShape shape;
  std::vector<T> x, weight, bias, dy, dweight, dbias;

  // Multiples of 1/8 in [-1, 1]: all sums are exact in float32, so results must be equal.
  explicit Case(const Conv2dShape& s) : shape(s) {
    std::mt19937 random(3);
    std::uniform_int_distribution<int> eighths(-8, 8);
    const auto fill = [&](std::vector<T>& values, int64_t count) {
      values.resize(static_cast<size_t>(count));
      for (T& value : values) value = static_cast<T>(eighths(random) / 8.0);
    };
    fill(x, s.batch * s.image_in());
    fill(weight, s.weights());
    fill(bias, s.out_channels);
    fill(dy, s.batch * s.image_out());
    fill(dweight, s.weights());
    fill(dbias, s.out_channels);
  }
  void make_normal() {  // full mantissas: another order of summing would show
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    for (auto* values : {&x, &weight, &bias, &dy})
      for (T& value : *values) value = static_cast<T>(normal(random));
  }

  struct Results {
    std::vector<T> y, dx, dweight, dbias;
  };
  Results run(bool with_bias, ConvWeights* packed = nullptr, uint64_t version = 0) const {
    Results r{std::vector<T>(dy.size(), T(kNaN)), std::vector<T>(x.size(), T(kNaN)), dweight,
              dbias};
    conv2d_forward(dtype_of<T>, shape, x.data(), weight.data(), with_bias ? bias.data() : nullptr,
                   r.y.data(), packed, version);
    conv2d_backward_data(dtype_of<T>, shape, dy.data(), weight.data(), r.dx.data(), packed,
                         version);
    conv2d_backward_weights(dtype_of<T>, shape, x.data(), dy.data(), r.dweight.data(),
                            with_bias ? r.dbias.data() : nullptr);
    return r;
  }
  Results naive(bool with_bias) const {
    std::vector<double> y(dy.size()), dx(x.size()), dw(dweight.begin(), dweight.end()),
        db(dbias.begin(), dbias.end());
    for (size_t i = 0; with_bias && i < y.size(); ++i) {
      y[i] = bias[i % bias.size()];
      db[i % bias.size()] += dy[i];
    }
    for_each_product(shape, [&](size_t ix, size_t iw, size_t iy) {
      if (ix == kPadding) return;
      y[iy] += double(x[ix]) * weight[iw];
      dx[ix] += double(dy[iy]) * weight[iw];
      dw[iw] += double(dy[iy]) * x[ix];
    });
    const auto as_t = [](const std::vector<double>& v) {
      return std::vector<T>(v.begin(), v.end());
    };
    return {as_t(y), as_t(dx), as_t(dw), as_t(db)};
  }
};

template <class T>
size_t count_different(const std::vector<T>& a, const std::vector<T>& b) {
  size_t different = 0;
  for (size_t i = 0; i < a.size(); ++i) different += !(a[i] == b[i]);
  return different;
}

// Elements that are finite where they may not be, or not finite where they must be.
template <class T>
size_t count_misplaced(const std::vector<T>& values, const std::vector<T>& expected) {
  size_t misplaced = 0;
  for (size_t i = 0; i < values.size(); ++i)
    misplaced += std::isfinite(values[i]) != std::isfinite(expected[i]);
  return misplaced;
}

std::string str(const Conv2dShape& s) {
  std::string text;
  for (int64_t v :
       {s.batch, s.height, s.width, s.in_channels, s.out_channels, s.kernel_h, s.kernel_w,
        s.stride_h, s.stride_w, s.pad_h, s.pad_w, s.dilation_h, s.dilation_w, s.groups})
    text += std::to_string(v) + " ";
  return "batch, image, channels, kernel, stride, pad, dilation, groups: " + text;
}

Conv2dShape square(int64_t batch, int64_t size, int64_t in, int64_t out, int64_t kernel,
                   int64_t stride = 1, int64_t pad = 0, int64_t dilation = 1, int64_t groups = 1) {
  return {batch,  size,   size, in,  out,      kernel,   kernel,
          stride, stride, pad,  pad, dilation, dilation, groups};
}

std::vector<Conv2dShape> shapes() {
  return {square(1, 1, 1, 1, 1),
          square(2, 15, 1, 16, 3, 1, 1),  // stems: one channel, three channels
          square(9, 17, 3, 16, 3, 1, 1),
          square(17, 28, 1, 24, 4, 4),      // patches
          square(12, 16, 16, 16, 3, 1, 1),  // residual blocks and their shortcuts
          square(9, 16, 16, 32, 3, 2, 1),
          square(9, 16, 16, 32, 1, 2),
          square(2, 64, 8, 16, 1, 2),
          square(3, 64, 15, 1, 1, 2),
          square(3, 15, 17, 33, 1),        // a linear layer over channels
          square(5, 17, 15, 33, 3, 1, 1),  // odd channels
          square(3, 33, 33, 15, 5, 2, 2),
          square(4, 17, 16, 32, 3, 1, 2, 2),     // dilation
          square(4, 15, 32, 64, 3, 1, 1, 1, 4),  // groups
          square(3, 17, 15, 30, 3, 2, 1, 2, 3),
          square(4, 15, 15, 15, 3, 1, 1, 1, 15),  // depthwise
          square(9, 17, 32, 32, 3, 2, 1, 1, 32),
          square(2, 15, 17, 34, 3, 1, 1, 1, 17),  // two outputs a channel
          square(2, 1, 16, 16, 3, 1, 1),
          square(3, 7, 33, 8, 3),  // tiles over the border, all paddings that a kernel of 3 has
          square(2, 9, 8, 15, 3, 1, 2),
          {3, 6, 12, 9, 17, 3, 3, 1, 1, 2, 0, 1, 1, 1},
          square(5, 4, 96, 64, 3, 1, 1),
          {5, 9, 33, 7, 16, 1, 5, 1, 3, 0, 2, 1, 2, 1},  // nothing square
          {5, 33, 6, 16, 7, 5, 2, 3, 1, 3, 0, 2, 1, 1}};
}

}  // namespace

TEMPLATE_TEST_CASE("convolutions and their gradients are exact where the numbers are", "[conv]",
                   float, double) {
  for (const Conv2dShape& shape : shapes()) {
    for (bool with_bias : {false, true}) {
      const Case<TestType> c(shape);
      const auto result = c.run(with_bias), expected = c.naive(with_bias);
      INFO(str(shape) << "bias " << with_bias);
      CHECK(count_different(result.y, expected.y) == 0);
      CHECK(count_different(result.dx, expected.dx) == 0);
      CHECK(count_different(result.dweight, expected.dweight) == 0);
      CHECK(count_different(result.dbias, expected.dbias) == 0);
    }
  }
}

TEMPLATE_TEST_CASE("convolutions have the same bits for any number of threads", "[conv]", float,
                   double) {
  for (const Conv2dShape& shape : shapes()) {
    Case<TestType> c(shape);
    c.make_normal();
    std::vector<typename Case<TestType>::Results> results;
    for (int count : {1, 2, 3}) {
      const Threads threads(count);
      results.push_back(c.run(true));
    }
    INFO(str(shape));
    for (size_t i : {1, 2}) {
      CHECK(same_bits(results[0].y, results[i].y));
      CHECK(same_bits(results[0].dx, results[i].dx));
      CHECK(same_bits(results[0].dweight, results[i].dweight));
      CHECK(same_bits(results[0].dbias, results[i].dbias));
    }
  }
}

TEMPLATE_TEST_CASE("a NaN reaches what its window covers and nothing else", "[conv]", float,
                   double) {
  for (const Conv2dShape& shape : shapes()) {
    Case<TestType> c(shape);
    INFO(str(shape));
    c.x[c.x.size() / 2] = TestType(kNaN);
    const auto result = c.run(false), expected = c.naive(false);
    CHECK(count_misplaced(result.y, expected.y) == 0);
    CHECK(count_misplaced(result.dweight, expected.dweight) == 0);
  }
}

TEMPLATE_TEST_CASE("an infinite gradient reaches what it entered", "[conv]", float, double) {
  for (const Conv2dShape& shape : shapes()) {
    Case<TestType> c(shape);
    INFO(str(shape));
    const size_t at = c.dy.size() - 1;
    c.dy[at] = std::numeric_limits<TestType>::infinity();
    auto result = c.run(true), expected = c.naive(true);
    CHECK(count_misplaced(result.dx, expected.dx) == 0);
    CHECK(count_misplaced(result.dbias, expected.dbias) == 0);
    // Its product with the zeros around the image is a NaN or left out, as the algorithm has it.
    std::vector<bool> either(c.weight.size());
    for_each_product(shape, [&](size_t ix, size_t iw, size_t iy) {
      if (ix == kPadding && iy == at) either[iw] = true;
    });
    for (size_t i = 0; i < either.size(); ++i)
      if (either[i]) result.dweight[i] = expected.dweight[i] = TestType(0);
    CHECK(count_misplaced(result.dweight, expected.dweight) == 0);
  }
}

TEMPLATE_TEST_CASE("packed weights are made once a version and order", "[conv]", float, double) {
  Case<TestType> c(square(12, 9, 16, 32, 3, 1, 1));
  ConvWeights packed;
  const auto first = c.run(false, &packed, 7);
  CHECK(count_different(first.y, c.naive(false).y) == 0);
  for (TestType& value : c.weight) value *= 2;
  const auto stale = c.run(false, &packed, 7);
  CHECK(same_bits(stale.y, first.y));
  CHECK(same_bits(stale.dx, first.dx));
  const auto fresh = c.run(false, &packed, 8), expected = c.naive(false);
  CHECK(count_different(fresh.y, expected.y) == 0);
  CHECK(count_different(fresh.dx, expected.dx) == 0);

  Case<TestType> other_batch(square(3, 9, 16, 32, 3, 1, 1));
  other_batch.weight = c.weight;
  CHECK(count_different(other_batch.run(false, &packed, 8).y, other_batch.naive(false).y) == 0);
}

// Root mean square of the errors over that of the exact values.
template <class T>
double relative_error(const std::vector<float>& values, const std::vector<T>& exact) {
  double errors = 0, squares = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    errors += std::pow(values[i] - exact[i], 2);
    squares += std::pow(exact[i], 2);
  }
  return std::sqrt(errors / squares);
}

// Each bound but that of dx lies below what direct sums reach (oneDNN 2.6 with AVX2: 2.0 to 2.1e-7
// in y, 3.0 to 3.9e-7 in dweight).
TEST_CASE("convolutions in float32 keep their digits", "[conv]") {
  for (const Conv2dShape& shape :
       {square(16, 16, 16, 16, 3, 1, 1), square(5, 17, 15, 33, 3, 1, 1)}) {
    Case<float> c(shape);
    c.make_normal();
    Case<double> exact(shape);
    const auto widened = [](const std::vector<float>& v) {
      return std::vector<double>(v.begin(), v.end());
    };
    exact.x = widened(c.x), exact.weight = widened(c.weight), exact.dy = widened(c.dy);
    exact.dweight = widened(c.dweight);
    const auto result = c.run(false);
    const auto expected = exact.run(false);
    INFO(str(shape));
    CHECK(relative_error(result.y, expected.y) < 1.9e-7);
    CHECK(relative_error(result.dx, expected.dx) < 2.3e-7);
    CHECK(relative_error(result.dweight, expected.dweight) < 2.8e-7);
  }
}

TEST_CASE("primitives are built once a shape, whoever asks", "[conv]") {
  const Case<float> c(square(11, 10, 8, 16, 3, 2, 1));
  const int64_t before = onednn::primitives_created();
  const auto expected = c.run(true);
  const int64_t built = onednn::primitives_created();
  CHECK(built > before);
  bool same[2] = {};
  std::thread others[2];
  for (int t = 0; t < 2; ++t) {
    others[t] = std::thread([&, t] {
      for (int step = 0; step < 5; ++step)
        same[t] = same_bits(c.run(true).dweight, expected.dweight);
    });
  }
  for (std::thread& other : others) other.join();
  CHECK(same[0]);
  CHECK(same[1]);
  CHECK(onednn::primitives_created() == built);
}

TEST_CASE("a convolution refuses impossible shapes and says why", "[conv]") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_NOTHROW(check_conv2d(square(2, 5, 4, 6, 3, 1, 0, 2, 2)));
  CHECK_THROWS_WITH(check_conv2d(square(2, 5, 4, 6, 3, 0)), ContainsSubstring("stride is 0"));
  CHECK_THROWS_WITH(check_conv2d(square(2, 5, 4, 6, 3, 1, 0, 1, 3)),
                    ContainsSubstring("3 groups do not divide 4 input channels"));
  CHECK_THROWS_WITH(check_conv2d(square(2, 5, 4, 6, 3, 1, 0, 1, 4)),
                    ContainsSubstring("4 groups do not divide 6 output channels"));
  CHECK_THROWS_WITH(check_conv2d(square(2, 5, 4, 6, 3, 1, 0, 3)),
                    ContainsSubstring("covers 7 pixels, the padded image has 5"));
  float x[1] = {};
  CHECK_THROWS_AS(conv2d_forward(DType::kInt32, square(1, 1, 1, 1, 3, 1, 1), x, x, nullptr, x),
                  Error);
}

}  // namespace norma
